package io.mpsparallel.threads;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.WorkItem;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A model on its way to being warm on every lane. Each lane runs each case itself, as often as it
 * takes until nothing is prepared any more. Any thread.
 */
final class WarmUpRun {
  private final ModelVersion version;
  private final List<NamedTensors> cases;
  private final Capabilities facts;
  private final AtomicInteger coldLanes = new AtomicInteger(1); // one for the beginning itself
  private final CompletableFuture<Void> done = new CompletableFuture<>();

  WarmUpRun(ModelVersion version, List<NamedTensors> cases, Capabilities facts) {
    this.version = version;
    this.cases = List.copyOf(cases);
    this.facts = facts;
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
        warm(lane, inputs);
      }
    } catch (RuntimeException | Error e) {
      done.completeExceptionally(e);
    } finally {
      endLane();
    }
  }

  /**
   * Runs alone on each stream, then as many together as will be, where each of these is prepared
   * for itself.
   */
  private void warm(Lane lane, NamedTensors inputs) {
    for (int at = 0; at < lane.streams(); at++) {
      int stream = at;
      for (int i = 0; i < facts.warmUpRuns(); i++) {
        forward(inputs, item -> lane.run(item, stream).close());
      }
    }
    if (facts.graphKey() == Capabilities.GraphKey.SHAPE_AND_SLOT) {
      forward(inputs, lane::runTogether);
    }
  }

  /** As an item, so that the version stays in use. */
  private void forward(NamedTensors inputs, Consumer<WorkItem> how) {
    WorkItem item =
        new WorkItem(version, inputs.share(), true, Priority.NORMAL, WorkItem.NO_DEADLINE);
    try {
      how.accept(item);
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
