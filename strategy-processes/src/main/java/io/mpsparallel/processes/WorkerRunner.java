package io.mpsparallel.processes;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.event.Events;
import io.mpsparallel.work.LaneThread;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread of a member. It sleeps until somebody who has the lease hands it over; then it brings
 * the worker up to date, answers questions, and runs jobs as long as there are any. What is in the
 * worker's hand is in a {@link Hand}.
 */
final class WorkerRunner implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerRunner.class);

  private final Members members;
  private final Member member;
  private final Thread thread;
  private volatile boolean turn; // the lease was handed to the thread
  private volatile @Nullable Hand hand; // while the thread has the lease
  private @Nullable Inquiry<?> inquiry; // being asked
  private @Nullable WarmUpRun warmUp; // being run

  WorkerRunner(Members members, Member member) {
    this.members = members;
    this.member = member;
    thread = new LaneThread("mps-parallel-" + member.name(), this);
  }

  void start() {
    thread.start();
  }

  /** Hands the lease to the thread; by whoever has it, and is done with it. */
  void hand() {
    turn = true;
    LockSupport.unpark(thread);
  }

  boolean hasTurn() {
    return turn;
  }

  boolean isThread(Thread other) {
    return thread == other;
  }

  Thread thread() {
    return thread;
  }

  /** What the worker has in hand, for the thread itself: in a continuation; null if nothing. */
  @Nullable Hand inHand() {
    return hand;
  }

  @Override
  public void run() {
    while (awaitTurn()) {
      Incumbent worker = member.incumbent();
      if (worker != null) {
        serve(worker);
      }
    }
    if (members.workload().hasWork()) {
      members.workAdded(); // it may have been this thread that was seen looking, or was woken
    }
  }

  /** Waits for the lease; false if the thread is to end. */
  private boolean awaitTurn() {
    if (!turn) {
      members.lookForWork(member);
    }
    while (!turn && !isOver()) {
      members.sleep();
      clearInterrupt();
    }
    turn = false;
    return !isOver();
  }

  /** Whether no worker will be here; also if its own continuation has ended whoever says so. */
  private boolean isOver() {
    return member.isRetired() || (members.places().isClosed() && member.incumbent() == null);
  }

  private void serve(Incumbent worker) {
    Hand full = new Hand(members, worker);
    hand = full;
    try {
      boolean stays = work(worker, full);
      hand = null;
      if (stays) {
        members.giveBack(member);
      }
    } catch (LinkLost e) {
      hand = null;
      lost(worker, full, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      LOG.error("{}: unexpected failure; its worker is replaced", member, e);
      hand = null;
      worker.process().kill();
      lost(worker, full, "unexpected: " + e);
    }
  }

  /** Until nothing is left to do; false if the worker has ended as it was asked to. */
  private boolean work(Incumbent worker, Hand full) throws LinkLost {
    if (!member.isReady()) {
      setUp(worker);
    }
    boolean draining = member.isDraining();
    while (step(worker, full, draining)) {
      clearInterrupt(); // a continuation's: it means nothing to us
      draining = member.isDraining();
    }
    if (draining) {
      end(worker);
    }
    return !draining;
  }

  /**
   * One turn of the duty cycle: tell what is answered, see to chores, take; wait only when nothing
   * else can be done.
   */
  private boolean step(Incumbent worker, Hand full, boolean draining) throws LinkLost {
    if (full.tellAnswered()) {
      return true;
    }
    boolean chores = !draining && hasChores(worker);
    if (full.isEmpty()) {
      return !draining && ((chores && doChores(worker)) || answerInquiry(worker) || full.take());
    }
    if (!draining && !chores && full.hasRoom() && !members.leases().isAnyIdle() && full.take()) {
      return true;
    }
    full.awaitOldest();
    return true;
  }

  private boolean hasChores(Incumbent worker) {
    return !worker.isUpToDate(members.wanted());
  }

  private boolean doChores(Incumbent worker) throws LinkLost {
    try {
      worker.bring(members.wanted(), run -> warm(worker, run));
      return true;
    } catch (InferenceException e) {
      throw new LinkLost("it could not be brought up to date: " + e.getMessage());
    }
  }

  private void warm(Incumbent worker, WarmUpRun run) throws LinkLost {
    warmUp = run;
    run.run(worker);
    warmUp = null;
    run.endPlace(member);
  }

  private boolean answerInquiry(Incumbent worker) throws LinkLost {
    Inquiry<?> next = members.workload().takeInquiry();
    if (next == null) {
      return false;
    }
    inquiry = next;
    next.ask(worker);
    inquiry = null;
    return true;
  }

  private void setUp(Incumbent worker) throws LinkLost {
    members.opener().open(worker);
    doChores(worker);
    members.ready(member);
  }

  /** Asks the worker to end; whether it says yes or is gone before is the same. */
  private void end(Incumbent worker) {
    String seen = "it did not end when it was asked to";
    try {
      Questions.end(worker.link());
    } catch (LinkLost e) {
      LOG.debug("{} has ended", member, e);
    }
    members.ended(member, worker.bury(seen));
  }

  /** The worker is gone: finds out how, and what becomes of what it had in hand. */
  private void lost(Incumbent worker, Hand full, String seen) {
    boolean wasReady = member.isReady();
    Loss loss = worker.bury(seen);
    boolean toBlame = false;
    try {
      log(loss);
      toBlame = tellOf(loss, full);
    } catch (RuntimeException | Error e) {
      LOG.error("{}: unexpected failure after its worker was lost", member, e);
    } finally { // whatever happened: else nobody would ever have this place again
      members.departed(member, loss, wasReady && toBlame);
    }
    if (members.workload().hasWork()) {
      members.workAdded(); // what was put back
    }
  }

  private void log(Loss loss) {
    Events.workerLost(loss.worker(), loss::how);
    if (members.places().isClosed()) {
      LOG.debug("{}", loss);
    } else {
      LOG.warn("{}", loss);
    }
  }

  /** Tells everything that the worker had; true if something that it ran is to blame. */
  private boolean tellOf(Loss loss, Hand full) {
    boolean toBlame = full.lost(loss);
    Inquiry<?> asked = inquiry;
    inquiry = null;
    if (asked != null) {
      toBlame = true;
      if (asked.survives(loss, members.retries())) {
        members.workload().add(asked, true);
      }
    }
    giveUpWarmUp(loss);
    members.opener().lost(loss);
    return toBlame;
  }

  private void giveUpWarmUp(Loss loss) {
    WarmUpRun running = warmUp;
    warmUp = null;
    if (running != null && !running.survives(loss, members.retries())) {
      members.change(wanted -> wanted.without(running));
    }
  }

  @SuppressWarnings("CheckReturnValue") // an interrupt means nothing to a worker's thread
  private static void clearInterrupt() {
    Thread.interrupted();
  }
}
