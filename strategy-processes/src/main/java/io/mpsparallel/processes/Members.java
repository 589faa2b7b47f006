package io.mpsparallel.processes;

import io.mpsparallel.policy.ThreadBudget;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.work.Spinner;
import io.mpsparallel.work.WorkSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The workers, and who has leased which. One monitor, under which nothing waits and nobody's code
 * runs: what it guards is decided in microseconds, and a request takes ten of them at least. Any
 * thread.
 *
 * <p>No wake-up is lost: whoever adds work adds it first and then looks for a worker that is idle
 * or a thread that looks for work; whoever gives a worker back puts it among the idle ones first
 * and then looks for work again. One of the two sees the other.
 */
final class Members {
  /** How often those whom no worker can serve are looked at. */
  private static final long BURY_NANOS = 50_000_000;

  private final ProcessSettings settings;
  private final Workload workload;
  private final Places places;
  private final Opener opener;
  private final Spinner looking;
  private final AtomicReference<Wanted> wanted = new AtomicReference<>(Wanted.NOTHING);
  private final ArrayDeque<Member> idle = new ArrayDeque<>(); // guarded by this; the latest first
  private volatile int taken; // written under the monitor: workers that somebody has
  private volatile int serving; // written under the monitor: workers that are ready
  private volatile long replaced; // written under the monitor
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
    places = new Places(name -> new Member(name, this, settings.processes()));
    looking =
        new Spinner(settings.lanes().spin(), ThreadBudget.grantedCpus(), 1, () -> taken);
  }

  void tell(Overseer watcher) {
    overseer = watcher;
  }

  Places places() {
    return places;
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
    Member member = takeIdle();
    if (member != null) {
      overseer.workBegins();
    }
    return member;
  }

  private synchronized @Nullable Member takeIdle() {
    Member first = idle.peekFirst();
    return first != null && takeIdle(first) ? first : null;
  }

  /** Takes this worker if it is idle. */
  synchronized boolean takeIdle(Member member) {
    if (!idle.remove(member)) {
      return false;
    }
    member.lease(Member.Lease.TAKEN);
    changeTaken(1);
    return true;
  }

  private synchronized void leave(Member member) {
    member.lease(Member.Lease.IDLE);
    changeTaken(-1);
    idle.addFirst(member);
  }

  private synchronized void changeTaken(int change) {
    taken += change;
  }

  /** Ends a lease: chores first; then the worker's own thread if there is work, else idle. */
  void giveBack(Member member) {
    if (isNeeded(member)) {
      member.runner().hand();
      return;
    }
    leave(member);
    if ((workload.hasWork() || isNeeded(member)) && takeIdle(member)) {
      member.runner().hand();
    }
  }

  /** Whether the worker's thread has something to do besides requests. */
  private boolean isNeeded(Member member) {
    Incumbent worker = member.incumbent();
    return member.isDraining() || (worker != null && !worker.isUpToDate(wanted.get()));
  }

  /** {@return whether another worker is free for what waits} */
  synchronized boolean isSomeoneIdle() {
    return !idle.isEmpty();
  }

  /** {@return how many workers somebody has} */
  int busy() {
    return taken;
  }

  // ---- work ----

  /** After work was added: sees to it that somebody takes it. */
  void workAdded() {
    if (looking.spinning() == 0) {
      wakeOne();
    }
  }

  private void wakeOne() {
    Member member = leaseIdle();
    if (member != null) {
      member.runner().hand();
    } else if (serving == 0) {
      wakeBurier();
    }
  }

  /** Asks any one worker; the caller waits for the answer. */
  void ask(Inquiry<?> inquiry) {
    workload.add(inquiry, false);
    workAdded();
  }

  /** Looks for work for a while, if that pays, and sees to what is there. */
  void lookForWork(Member member) {
    WorkerRunner runner = member.runner();
    if (looking.await(() -> workload.hasWork() || runner.hasTurn())
        && workload.hasWork()
        && !runner.hasTurn()) {
      if (takeIdle(member)) {
        overseer.workBegins();
        runner.hand();
      } else {
        wakeOne();
      }
    }
  }

  /** Sleeps until it is woken, or until waiting requests are to be looked at again. */
  void sleep(Member sleeper) {
    if (serving == 0 && workload.hasRequests() && isBurier(sleeper)) {
      workload.buryDead();
      LockSupport.parkNanos(this, BURY_NANOS);
      return;
    }
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

  /** While no worker lives, one thread sees to those who wait. */
  private boolean isBurier(Member member) {
    List<Member> all = places.all();
    return !all.isEmpty() && all.get(0) == member;
  }

  private void wakeBurier() {
    List<Member> all = places.all();
    if (!all.isEmpty()) {
      all.get(0).runner().nudge();
    }
  }

  // ---- what workers are to have ----

  Wanted wanted() {
    return wanted.get();
  }

  /** Changes what every worker is to have; each is told when it has time. */
  void change(UnaryOperator<Wanted> change) {
    wanted.updateAndGet(change);
    places.all().forEach(this::nudge);
  }

  /** Has a worker end when it has nothing in its hand. */
  void drain(Member member) {
    member.drain();
    nudge(member);
  }

  private void nudge(Member member) {
    if (isNeeded(member) && takeIdle(member)) {
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
    changeTaken(1);
    member.runner().hand();
    return true;
  }

  /** No process could be started in a place. */
  void startFailed(Member member, Loss loss) {
    member.departed(loss, false);
    overseer.wake();
  }

  /** A worker has started and is up to date; by its thread. */
  void ready(Member member) {
    changeServing(1);
    member.ready();
    overseer.wake();
  }

  private synchronized void changeServing(int change) {
    serving += change;
  }

  /** A worker is gone; by whoever had the lease. */
  void departed(Member member, Loss loss, boolean excused) {
    count(member);
    member.departed(loss, excused);
    overseer.wake();
    if (serving == 0 && workload.hasRequests()) {
      wakeBurier();
    }
  }

  private synchronized void count(Member member) {
    changeTaken(-1);
    if (member.isReady()) {
      changeServing(-1);
      replaced += member.isDraining() || places.isClosed() ? 0 : 1;
    }
  }

  /** {@return how many workers died and were to be replaced} */
  long replaced() {
    return replaced;
  }

  /** Gives up a place that is not wanted and has no worker; false if it is wanted again. */
  boolean retire(Member member) {
    if (!places.retire(member)) {
      return false;
    }
    wanted.get().warmUps().forEach(warmUp -> warmUp.endPlace(member));
    member.runner().hand();
    if (serving == 0 && workload.hasRequests()) {
      wakeBurier();
    }
    return true;
  }
}
