package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.event.Events;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.BoundedSource;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.Served;
import io.mpsparallel.work.WorkItem;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a worker has in hand: jobs whose forwards were handed in, in order, and answers that nobody
 * was told yet. The thread that has leased the worker; a continuation that runs while a job is told
 * may use it again.
 */
final class Hand {
  private final Members members;
  private final Workload workload;
  private final Incumbent worker;
  private final ArrayDeque<Errand> errands = new ArrayDeque<>();
  private final ArrayDeque<Flight> flights = new ArrayDeque<>(); // to be told
  private final ArrayDeque<FrameSlot> unanswered = new ArrayDeque<>();
  private @Nullable LinkLost lost; // seen by a continuation

  Hand(Members members, Incumbent worker) {
    this.members = members;
    this.worker = worker;
    workload = members.workload();
  }

  boolean isEmpty() {
    return errands.isEmpty();
  }

  /** Whether one more job may be taken ahead. */
  boolean hasRoom() {
    return errands.size() < workload.depth();
  }

  // ---- handing in ----

  /**
   * Takes the next job, if there is one, and hands its forwards in. One that the worker may have no
   * model for yet is put back, first of all: whoever sent it saw a change that this worker did not.
   *
   * @return whether there was one
   */
  boolean take() throws LinkLost {
    checkLost();
    Errand errand = workload.take();
    if (errand == null) {
      return false;
    }
    if (!worker.isUpToDate(members.wanted())) { // read after the job was taken
      workload.putBack(List.of(errand));
      workload.over();
      return true;
    }
    if (workload.hasWork()) {
      members.workAdded(); // another worker may find something too
    }
    errands.addLast(errand);
    List<Flight> filled = filled(errand);
    flights.addAll(filled);
    for (Flight flight : filled) {
      send(flight.slot());
    }
    return true;
  }

  /** Fills a slot for each forward that is open; if one cannot be, the job fails. */
  private List<Flight> filled(Errand errand) {
    List<Flight> filled = new ArrayList<>();
    try {
      ProcessModel model = Workload.modelOf(errand.job(), worker);
      for (int i = errand.open().nextSetBit(0); i >= 0; i = errand.open().nextSetBit(i + 1)) {
        FrameSlot slot = new FrameSlot(worker, model);
        filled.add(new Flight(errand, i, slot, Events.execution()));
        errand.job().fill(i, slot);
      }
      return filled;
    } catch (RuntimeException | Error e) {
      filled.forEach(flight -> flight.slot().close());
      finish(errand, () -> errand.job().fail(CallersCode.failure(e)));
      return List.of();
    }
  }

  private void send(FrameSlot slot) throws LinkLost {
    int most = hasSuspect() ? 1 : worker.link().depth();
    while (unanswered.size() >= most) {
      awaitOldest();
    }
    try {
      slot.send();
      unanswered.addLast(slot);
    } catch (InferenceException e) {
      slot.refused(e); // no room for the answer
    }
  }

  private boolean hasSuspect() {
    for (Errand errand : errands) {
      if (errand.isSuspect()) {
        return true;
      }
    }
    return false;
  }

  // ---- answers ----

  /** Waits for the worker's next answer, if it is to give one. */
  void awaitOldest() throws LinkLost {
    checkLost();
    FrameSlot oldest = unanswered.peekFirst();
    if (oldest != null) {
      oldest.answered(worker.await());
      unanswered.removeFirst();
    }
  }

  /**
   * Tells what is answered; callers' continuations run in here.
   *
   * @return whether there was anything
   */
  boolean tellAnswered() throws LinkLost {
    boolean any = false;
    while (isFirstAnswered()) {
      tell(flights.removeFirst());
      any = true;
    }
    return any;
  }

  private boolean isFirstAnswered() throws LinkLost {
    checkLost();
    Flight first = flights.peekFirst();
    if (first == null) {
      return false;
    }
    FrameSlot slot = first.slot();
    if (!slot.isAnswered() && worker.link().isAnswered(slot.number())) {
      awaitOldest();
    }
    return slot.isAnswered();
  }

  private void tell(Flight flight) {
    Job job = flight.errand().job();
    int forward = flight.forward();
    Runnable answer;
    try {
      NamedTensors outputs = flight.slot().takeOutputs();
      Served served = Workload.servedBy(worker);
      answer = () -> job.succeed(forward, outputs, served);
      flight.ended(worker, false);
    } catch (RuntimeException e) {
      flight.ended(worker, true);
      answer = () -> job.fail(forward, CallersCode.failure(e));
    } finally {
      flight.slot().close();
    }
    tell(flight.errand(), forward, answer);
  }

  private void tell(Errand errand, int forward, Runnable answer) {
    if (errand.told(forward)) {
      finish(errand, answer);
    } else {
      CallersCode.run(answer);
    }
  }

  /** Gives a job its last answer. */
  private void finish(Errand errand, Runnable answer) {
    errands.remove(errand);
    CallersCode.run(answer);
    workload.over();
  }

  // ---- for continuations ----

  /** Runs a request at once, on the thread that tells an answer. */
  InferenceResult runNow(WorkItem item) {
    FrameSlot slot = new FrameSlot(worker, Workload.modelOf(item, worker));
    try {
      slot.bind(item.inputs());
      send(slot);
      while (!slot.isAnswered()) {
        awaitOldest();
      }
      return new InferenceResult(slot.takeOutputs(), Workload.servedBy(worker));
    } catch (LinkLost e) {
      throw noteLost(e);
    } catch (InferenceException e) { // it is never thrown between hand-in and answer
      throw e;
    } catch (RuntimeException | Error e) {
      worker.process().kill(); // a frame may be in its hand, of which nobody knows
      lost = new LinkLost("unexpected in a continuation: " + e);
      throw e;
    } finally {
      slot.close();
    }
  }

  /** Asks at once, on the thread that tells an answer. */
  void askNow(Inquiry<?> inquiry) {
    try {
      while (!unanswered.isEmpty()) {
        awaitOldest();
      }
      inquiry.ask(worker);
    } catch (LinkLost e) {
      inquiry.fail(noteLost(e));
    }
  }

  private InferenceException noteLost(LinkLost e) {
    lost = e;
    return new InferenceException(
        ErrorCode.WORKER_LOST,
        "the worker died while it ran a request of a continuation, which cannot wait for another;"
            + " use submit there",
        e);
  }

  private void checkLost() throws LinkLost {
    LinkLost seen = lost;
    if (seen != null) {
      throw seen;
    }
  }

  // ---- the end ----

  /**
   * The worker is gone: what it ran is judged, the rest is put back.
   *
   * @return whether something that it ran is to blame
   */
  boolean lost(Loss loss) {
    boolean blamed = false;
    suspectThoseThatRan(loss);
    for (Flight flight : flights) {
      boolean executed = loss.executing() != 0 && flight.slot().number() == loss.executing();
      flight.slot().close();
      if (executed) {
        blamed = true;
        judge(flight, loss);
      }
    }
    loseThoseLostTooOften(loss);
    List<Errand> rest = List.copyOf(errands);
    if (members.places().isClosed()) {
      rest.forEach(errand -> CallersCode.run(() -> errand.job().lose(BoundedSource.closedError())));
    } else {
      workload.putBack(rest);
    }
    errands.clear();
    rest.forEach(errand -> workload.over());
    return blamed;
  }

  /**
   * A device that works by itself may tell of the failure of one forward at another one's end, and
   * a crash of native code may be any one's.
   */
  private void suspectThoseThatRan(Loss loss) {
    if (loss.executing() == 0 || loss.fromOutside()) {
      return;
    }
    for (Flight flight : flights) {
      if (flight.slot().number() != 0 && !flight.slot().isAnswered()) {
        flight.errand().suspect();
      }
    }
  }

  private void loseThoseLostTooOften(Loss loss) {
    for (Errand errand : List.copyOf(errands)) {
      if (errand.isLostTooOften(members.retries())) {
        finish(errand, () -> errand.job().lose(loss.failure(Verdict.LOST)));
      }
    }
  }

  private void judge(Flight flight, Loss loss) {
    Errand errand = flight.errand();
    Verdict verdict = errand.blame(flight.forward()).died(loss, members.retries());
    if (verdict != Verdict.AGAIN && !members.places().isClosed()) {
      InferenceException failure = loss.failure(verdict);
      tell(errand, flight.forward(), () -> errand.job().fail(flight.forward(), failure));
    }
  }
}
