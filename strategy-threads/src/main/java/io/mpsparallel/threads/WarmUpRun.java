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
  OnLane onLane() {
    coldLanes.incrementAndGet();
    return new OnLane();
  }

  /** One lane less is cold: it is warm now, or gone; or all that are there have been told. */
  void endLane() {
    if (coldLanes.decrementAndGet() == 0) {
      done.complete(null);
    }
  }

  /**
   * What is left of it on one lane: one forward after another, with requests in between. One thread
   * at a time, which is on the lane.
   */
  final class OnLane {
    private int at; // the case
    private int stream;
    private int runs; // there

    /** Runs one more, unless the device is lost; false if nothing is left. */
    boolean step(Lane lane) {
      boolean more = false;
      try {
        more = at < cases.size() && !lane.isLost() && run(lane, cases.get(at));
      } catch (RuntimeException | Error e) {
        done.completeExceptionally(e);
      }
      if (!more) {
        end();
      }
      return more;
    }

    /**
     * Alone on each stream, until it is recorded if it can be, then as many together as will be,
     * where each of these is prepared for itself.
     */
    private boolean run(Lane lane, NamedTensors inputs) {
      if (stream < lane.streams()) {
        alone(lane, inputs);
      } else {
        together(lane, inputs);
        at++;
        stream = 0;
      }
      return true;
    }

    private void alone(Lane lane, NamedTensors inputs) {
      int most = stream == 0 ? facts.warmUpRuns() : facts.furtherWarmUpRuns();
      boolean recorded;
      try (Forward one = new Forward(inputs)) {
        lane.run(one.item(), stream).close();
        recorded = lane.hasRecorded(one.item(), stream);
      }
      runs++;
      if (recorded || runs >= most) {
        stream++;
        runs = 0;
      }
    }

    private void together(Lane lane, NamedTensors inputs) {
      if (facts.graphKey() == Capabilities.GraphKey.SHAPE_AND_SLOT) {
        try (Forward all = new Forward(inputs)) {
          lane.runTogether(all.item());
        }
      }
    }

    /** The lane is warm, or gone. */
    void end() {
      endLane();
    }

    /** The lane lets nobody in. */
    void fail(InferenceException why) {
      done.completeExceptionally(why);
      endLane();
    }
  }

  /** As an item, so that the version stays in use. */
  private final class Forward implements AutoCloseable {
    private final WorkItem item;

    Forward(NamedTensors inputs) {
      NamedTensors shared = inputs.share();
      try {
        item = new WorkItem(version, shared, true, Priority.NORMAL, WorkItem.NO_DEADLINE);
      } catch (RuntimeException e) { // the version was closed
        shared.close();
        throw e;
      }
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
