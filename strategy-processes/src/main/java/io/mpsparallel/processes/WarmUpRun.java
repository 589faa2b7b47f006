package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.WorkItem;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** A model on its way to being warm in every worker, also in those that come later. Any thread. */
final class WarmUpRun {
  /** The first run is eager, the second may prepare, the third shows what it will be like. */
  private static final int RUNS = 3;

  private final ModelVersion version;
  private final List<NamedTensors> cases;
  private final Set<Member> cold; // guarded by this
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private final Blame blame = new Blame(); // guarded by this

  /**
   * A run for the present places.
   *
   * @param version keeps the model in use while it runs
   * @param cases the inputs of each run, owned from now on
   * @param places who is waited for
   */
  WarmUpRun(ModelVersion version, List<NamedTensors> cases, Set<Member> places) {
    this.version = version;
    this.cases = List.copyOf(cases);
    cold = new HashSet<>(places);
  }

  /** The model that a worker warms up. */
  ProcessModel modelOn(Device device) {
    return (ProcessModel) version.on(device);
  }

  CompletableFuture<Void> done() {
    return done;
  }

  /** Runs every case on a worker that the calling thread has leased. */
  void run(Incumbent worker) throws LinkLost {
    try {
      for (NamedTensors inputs : cases) {
        for (int i = 0; i < RUNS; i++) {
          forward(worker, inputs);
        }
      }
    } catch (InferenceException e) {
      done.completeExceptionally(e);
    }
  }

  /** As an item, so that the version stays in use. */
  private void forward(Incumbent worker, NamedTensors inputs) throws LinkLost {
    WorkItem item =
        new WorkItem(version, inputs.share(), true, Priority.NORMAL, WorkItem.NO_DEADLINE);
    FrameSlot slot = new FrameSlot(worker, modelOn(worker.device()));
    try {
      slot.bind(item.inputs());
      slot.send();
      slot.answered(worker.await());
      slot.takeOutputs().close();
    } finally {
      slot.close();
      item.finish();
    }
  }

  /** A place is warm, or gone. */
  void endPlace(Member place) {
    boolean last;
    synchronized (this) {
      last = cold.remove(place) && cold.isEmpty();
    }
    if (last) {
      done.complete(null);
    }
  }

  /** A worker died of it; false if it is not to be tried again. */
  boolean survives(Loss loss, int retries) {
    Verdict verdict;
    synchronized (this) {
      verdict = blame.died(loss, retries);
    }
    if (verdict != Verdict.AGAIN) {
      done.completeExceptionally(loss.failure(verdict));
    }
    return verdict == Verdict.AGAIN;
  }

  /** Ends it, done or not. */
  void close() {
    cases.forEach(NamedTensors::close);
    done.completeExceptionally(
        new InferenceException(ErrorCode.CLOSED, "the model was closed before it was warm"));
  }
}
