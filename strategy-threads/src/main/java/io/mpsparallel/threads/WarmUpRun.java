package io.mpsparallel.threads;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.WorkItem;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A model on its way to being warm on every lane. Each lane runs each case itself, as often as it
 * takes until nothing is prepared any more. Any thread.
 */
final class WarmUpRun {
  /** The first run is eager, the second may prepare, the third shows what it will be like. */
  private static final int RUNS = 3;

  private final ModelVersion version;
  private final List<NamedTensors> cases;
  private final AtomicInteger coldLanes = new AtomicInteger(1); // one for the beginning itself
  private final CompletableFuture<Void> done = new CompletableFuture<>();

  WarmUpRun(ModelVersion version, List<NamedTensors> cases) {
    this.version = version;
    this.cases = List.copyOf(cases);
  }

  ModelVersion version() {
    return version;
  }

  CompletableFuture<Void> done() {
    return done;
  }

  /** One more lane is to become warm. */
  void expectLane() {
    coldLanes.incrementAndGet();
  }

  /** One lane less is cold: it is warm now, or gone; or all that are there have been told. */
  void endLane() {
    if (coldLanes.decrementAndGet() == 0) {
      done.complete(null);
    }
  }

  /** Warms a lane up, on a thread that is on it; not one whose device is lost. */
  void warm(Lane lane) {
    if (lane.isLost()) {
      endLane();
      return;
    }
    try {
      for (NamedTensors inputs : cases) {
        for (int i = 0; i < RUNS; i++) {
          forward(lane, inputs);
        }
      }
    } catch (RuntimeException | Error e) {
      done.completeExceptionally(e);
    } finally {
      endLane();
    }
  }

  /** As an item, so that the version stays in use. */
  private void forward(Lane lane, NamedTensors inputs) {
    WorkItem item =
        new WorkItem(version, inputs.share(), true, Priority.NORMAL, WorkItem.NO_DEADLINE);
    try {
      lane.run(item).close();
    } finally {
      item.finish();
    }
  }

  /** Ends it, done or not. */
  void close() {
    cases.forEach(NamedTensors::close);
    done.completeExceptionally(
        new InferenceException(ErrorCode.CLOSED, "the model was closed before it was warm"));
  }
}
