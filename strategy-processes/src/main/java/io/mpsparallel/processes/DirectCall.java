package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.WorkItem;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A request that its caller runs: on a worker that was idle, waiting for the answer itself. If the
 * worker dies, the request is put before all others, and the caller waits for it like everybody.
 * For one call.
 */
final class DirectCall {
  private final Members members;
  private final Workload workload;
  private final Member member;
  private final WorkItem item;

  /** A call on a worker that the caller has leased; it is given back here. */
  DirectCall(Members members, Member member, WorkItem item) {
    this.members = members;
    this.member = member;
    this.item = item;
    workload = members.workload();
  }

  /** Runs it; null if the worker has something else to do first. */
  @Nullable InferenceResult run() {
    Incumbent worker = member.incumbent();
    if (worker == null || !worker.isUpToDate(members.wanted())) {
      members.giveBack(member);
      return null;
    }
    FrameSlot slot = slotOn(worker);
    NamedTensors outputs;
    try {
      outputs = forward(worker, slot);
    } catch (LinkLost e) {
      return await(lost(worker, slot.number(), e));
    } catch (InferenceException e) { // it is never thrown between hand-in and answer
      members.giveBack(member);
      throw e;
    } catch (RuntimeException | Error e) {
      giveUp(worker);
      throw e;
    }
    members.giveBack(member);
    return new InferenceResult(outputs, Workload.servedBy(worker));
  }

  private FrameSlot slotOn(Incumbent worker) {
    try {
      return new FrameSlot(worker, Workload.modelOf(item, worker));
    } catch (RuntimeException | Error e) {
      members.giveBack(member);
      throw e;
    }
  }

  /**
   * A frame may be in its hand, of which nobody would take the answer. It is not buried here: after
   * an overflow there is little stack, and who leases it next finds it gone.
   */
  private void giveUp(Incumbent worker) {
    try {
      worker.process().kill();
    } finally {
      members.giveBack(member);
    }
  }

  private NamedTensors forward(Incumbent worker, FrameSlot slot) throws LinkLost {
    try {
      slot.bind(item.inputs());
      slot.send();
      slot.answered(worker.await());
      return slot.takeOutputs();
    } finally {
      slot.close();
    }
  }

  private WorkItem lost(Incumbent worker, int frame, LinkLost lost) {
    Loss loss = worker.bury(String.valueOf(lost.getMessage()));
    boolean blamed = frame != 0 && frame == loss.executing();
    try {
      return putBack(loss, blamed);
    } finally { // whatever happened: else nobody would ever have this place again
      members.departed(member, loss, blamed);
      members.workAdded();
    }
  }

  /**
   * With handles of its own on the inputs: an interrupted caller may leave before a worker does.
   */
  private WorkItem putBack(Loss loss, boolean blamed) {
    WorkItem again =
        new WorkItem(
            item.version(), item.inputs().share(), true, item.priority(), item.deadlineNanos());
    Errand errand = new Errand(again);
    if (blamed) {
      errand.suspect();
    }
    Verdict verdict = blamed ? errand.blame(0).died(loss, members.retries()) : Verdict.AGAIN;
    if (verdict == Verdict.AGAIN) {
      workload.putBack(List.of(errand));
    } else {
      again.fail(loss.failure(verdict));
    }
    return again;
  }

  private static InferenceResult await(WorkItem again) {
    try {
      return again.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (!again.cancel(false) && !again.isCompletedExceptionally()) {
        again.join().close();
      }
      throw new InferenceException(
          ErrorCode.CANCELLED, "interrupted while it waited for the answer", e);
    } catch (CancellationException e) {
      throw new InferenceException(ErrorCode.CANCELLED, "the request was cancelled", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof InferenceException known
          ? known.seenHere()
          : new InferenceException(ErrorCode.NATIVE_FAILURE, "unexpected: " + e.getCause(), e);
    }
  }
}
