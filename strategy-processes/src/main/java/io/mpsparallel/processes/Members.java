package io.mpsparallel.processes;

import io.mpsparallel.policy.ThreadBudget;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.work.Spinner;
import io.mpsparallel.work.WorkSource;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The workers: who takes what when, and what they are to have. Any thread.
 *
 * <p>No wake-up is lost: whoever adds work adds it first and then looks for a worker that is idle
 * or a thread that looks for work; whoever gives a worker back puts it among the idle ones first
 * and then looks for work again. One of the two sees the other.
 */
final class Members {
  private final ProcessSettings settings;
  private final Workload workload;
  private final Places places;
  private final Opener opener;
  private final Leases leases = new Leases();
  private final Undertaker undertaker;
  private final Spinner looking;
  private volatile Wanted wanted = Wanted.NOTHING; // written under the monitor
  private volatile Overseer overseer = new Overseer() {};

  /** Who watches the workers. */
  interface Overseer {
    /** Something happened. */
    default void wake() {}

    /** There is work, which is to be watched. */
    default void workBegins() {}
  }

  Members(ExecutorSettings settings, Workload workload, Opener opener) {
    this.settings = settings.processes();
    this.workload = workload;
    this.opener = opener;
    undertaker =
        new Undertaker(
            workload, () -> !leases.isAnyServing() && workload.hasRequests(), this::wakeIdle);
    places =
        new Places(
            () -> workload.devices().size(),
            (name, seat) -> new Member(name, seat, this, settings.processes()));
    looking = new Spinner(settings.lanes().spin(), ThreadBudget.grantedCpus(), 1, leases::taken);
  }

  void tell(Overseer watcher) {
    overseer = watcher;
  }

  Places places() {
    return places;
  }

  Undertaker undertaker() {
    return undertaker;
  }

  Leases leases() {
    return leases;
  }

  Workload workload() {
    return workload;
  }

  Opener opener() {
    return opener;
  }

  int retries() {
    return settings.restart().retries();
  }

  // ---- leases ----

  /** Leases the idle worker that was left last, which may still be looking; null if none is. */
  @Nullable Member leaseIdle() {
    Member member = leases.takeAny();
    if (member != null) {
      overseer.workBegins();
    }
    return member;
  }

  /** Ends a lease: chores first; then the worker's own thread if there is work, else idle. */
  void giveBack(Member member) {
    if (isNeeded(member)) {
      member.runner().hand();
      return;
    }
    leases.leave(member);
    if ((workload.hasWork() || isNeeded(member)) && leases.take(member)) {
      member.runner().hand();
    }
  }

  /** Whether the worker's thread has something to do besides requests. */
  private boolean isNeeded(Member member) {
    Incumbent worker = member.incumbent();
    return member.isDraining() || (worker != null && !worker.isUpToDate(wanted));
  }

  // ---- work ----

  /** After work was added: sees to it that somebody takes it. */
  void workAdded() {
    if (looking.spinning() == 0) {
      wakeOne();
    }
  }

  private void wakeOne() {
    if (!wakeIdle() && !leases.isAnyServing()) {
      undertaker.wake();
    }
  }

  private boolean wakeIdle() {
    Member member = leaseIdle();
    if (member == null) {
      return false;
    }
    member.runner().hand();
    return true;
  }

  /** Asks any one worker; the caller waits for the answer. */
  void ask(Inquiry<?> inquiry) {
    workload.add(inquiry, false);
    workAdded();
  }

  /** Looks for work for a while, if that pays, and sees to what is there. */
  void lookForWork(Member member) {
    WorkerRunner runner = member.runner();
    if (looking.await(() -> workload.hasWork() || runner.hasTurn()) && workload.hasWork()) {
      if (!runner.hasTurn() && leases.take(member)) {
        overseer.workBegins();
        runner.hand();
      } else {
        wakeOne(); // whoever added it saw us looking, and woke nobody
      }
    }
  }

  /** Sleeps until it is woken, or until waiting requests are to be looked at again. */
  void sleep() {
    long nanos = workload.restNanos();
    if (nanos <= 0) {
      wakeOne(); // the sleeper, perhaps; if nobody is idle, whoever is busy looks in time
    }
    if (nanos <= 0 || nanos == WorkSource.UNTIL_MORE) {
      LockSupport.park(this);
    } else {
      LockSupport.parkNanos(this, nanos);
    }
  }

  // ---- what workers are to have ----

  Wanted wanted() {
    return wanted;
  }

  /** Changes what every worker is to have; each is told when it has time. */
  void change(UnaryOperator<Wanted> change) {
    update(change);
    places.all().forEach(this::nudge);
  }

  private synchronized void update(UnaryOperator<Wanted> change) {
    wanted = change.apply(wanted);
  }

  /** Has a worker end when it has nothing in its hand. */
  void drain(Member member) {
    member.drain();
    nudge(member);
  }

  private void nudge(Member member) {
    if (isNeeded(member) && leases.take(member)) {
      overseer.workBegins();
      member.runner().hand();
    }
  }

  // ---- coming and going ----

  /** Changes how many there are. Those that go finish what is in flight; nobody waits for that. */
  void resize(int workers) {
    places.resize(workers);
    overseer.wake();
  }

  /** A process has been started in a place; false if nobody wants it any more. */
  boolean arrived(Member member, Incumbent worker) {
    if (places.isClosed()) {
      return false;
    }
    member.arrived(worker);
    leases.arrived();
    member.runner().hand();
    return true;
  }

  /** No process could be started in a place. */
  void startFailed(Member member, Loss loss) {
    depart(member, loss, false);
  }

  /** A worker has started and is up to date; by its thread. */
  void ready(Member member) {
    leases.ready();
    member.ready();
    overseer.wake();
  }

  /** A worker has ended as it was asked to; by whoever had the lease. */
  void ended(Member member, Loss loss) {
    leases.departed(member.isReady(), false);
    depart(member, loss, true);
  }

  /** A worker is gone by itself, or was killed; by whoever had the lease. */
  void departed(Member member, Loss loss, boolean excused) {
    leases.departed(member.isReady(), !places.isClosed());
    depart(member, loss, excused);
  }

  private void depart(Member member, Loss loss, boolean excused) {
    member.departed(loss, excused);
    overseer.wake();
    if (!leases.isAnyServing() && workload.hasRequests()) {
      undertaker.wake();
    }
  }

  /** Gives up a place that is not wanted and has no worker; false if it is wanted again. */
  boolean retire(Member member) {
    if (!places.retire(member)) {
      return false;
    }
    wanted.warmUps().forEach(warmUp -> warmUp.endPlace(member));
    member.runner().hand();
    return true;
  }
}
