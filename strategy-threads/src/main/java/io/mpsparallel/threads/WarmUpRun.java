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
   * Runs alone on each stream, until it is recorded if it can be, then as many together as will be,
   * where each of these is prepared for itself.
   */
  private void warm(Lane lane, NamedTensors inputs) {
    for (int stream = 0; stream < lane.streams(); stream++) {
      warm(lane, stream, inputs, stream == 0 ? facts.warmUpRuns() : facts.furtherWarmUpRuns());
    }
    if (facts.graphKey() == Capabilities.GraphKey.SHAPE_AND_SLOT) {
      try (Forward together = new Forward(inputs)) {
        lane.runTogether(together.item());
      }
    }
  }

  private void warm(Lane lane, int stream, NamedTensors inputs, int most) {
    boolean recorded = false;
    for (int i = 0; i < most && !recorded; i++) {
      try (Forward one = new Forward(inputs)) {
        lane.run(one.item(), stream).close();
        recorded = lane.hasRecorded(one.item(), stream);
      }
    }
  }

  /** As an item, so that the version stays in use. */
  private final class Forward implements AutoCloseable {
    private final WorkItem item;

    Forward(NamedTensors inputs) {
      item = new WorkItem(version, inputs.share(), true, Priority.NORMAL, WorkItem.NO_DEADLINE);
    }

    WorkItem item() {
      return item;
    }

    @Override
    public void close() {
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
