package io.mpsparallel.threads;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.event.Events;
import io.mpsparallel.policy.EvenSpread;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.Spinner;
import io.mpsparallel.work.WorkSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes and who is on them. Any thread.
 *
 * <p>No wake-up is lost: whoever adds a request adds it first and then looks for a lane that is
 * idle or a thread that looks for work; whoever leaves a lane puts it among the idle ones first and
 * then looks at the source again. One of the two sees the other. Whoever ends looks once more.
 */
final class Crew {
  private static final Logger LOG = LoggerFactory.getLogger(Crew.class);

  private final WaitingJobs waiting;
  private final IntFunction<Lane> maker;
  private final DeviceWaits waits;
  private final WarmUpTurns warmUpTurns;
  private final boolean spreads;
  private final Spinner looking;
  private final IdleLanes idle = new IdleLanes();
  private final AtomicReferenceArray<@Nullable LaneRunner> runners =
      new AtomicReferenceArray<>(IdleLanes.MOST);

  private final AtomicInteger living = new AtomicInteger();
  private final AtomicInteger fullLanes = new AtomicInteger();
  private final AtomicInteger finishing = new AtomicInteger();
  private volatile int replaced; // written under the monitor
  private volatile int planNumber; // written under the monitor
  private volatile boolean watched; // somebody waits for quiet
  private volatile boolean aborting;
  private volatile int steppedOff; // a hint
  private long servedByEnded; // guarded by this

  /**
   * A crew without lanes.
   *
   * @param source where the lanes get their work
   * @param cpus the CPUs of this process
   * @param spreads whether streams run side by side, so that requests are spread over all of them
   * @param spin for how long a thread looks for work before it sleeps
   * @param warmUpTurns which of the lanes warm up
   * @param maker makes the lane of a number
   */
  Crew(
      WorkSource source,
      int cpus,
      boolean spreads,
      Duration spin,
      WarmUpTurns warmUpTurns,
      IntFunction<Lane> maker) {
    waiting = new WaitingJobs(source);
    this.spreads = spreads;
    this.maker = maker;
    waits = new DeviceWaits(cpus, living::get);
    looking = new Spinner(spin, cpus, 1, this::busy);
    this.warmUpTurns = warmUpTurns;
  }

  // ---- for whoever adds requests, or runs one on its own thread ----

  /** After a request was added: sees to it that a lane takes it. */
  void requestAdded() {
    if (looking.spinning() == 0 && finishing.get() == 0) {
      wakeOne();
    }
  }

  /** The lane whose thread stepped off last, if it can be had: that thread may still be awake. */
  private void wakeOne() {
    LaneRunner latest = claim(steppedOff);
    LaneRunner runner = latest == null ? claimAny() : latest;
    if (runner != null) {
      runner.hand();
    }
  }

  /** Takes an idle lane, which the caller {@linkplain #giveBack gives back}; null if all work. */
  @Nullable LaneRunner claimAny() {
    int index = idle.claimAny();
    return index == IdleLanes.NONE ? null : runners.get(index);
  }

  /**
   * Takes the lane of a number, if it is idle; null if not, or if there is none. It is the one that
   * is there now: a lane known from before may have ended, and another have its number.
   */
  @Nullable LaneRunner claim(int index) {
    return index != IdleLanes.NONE && idle.claim(index) ? runners.get(index) : null;
  }

  /** Puts a lane back; if it is needed, hands it to its thread instead. */
  void giveBack(LaneRunner runner) {
    if (runner.isNeeded()) {
      runner.hand();
      return;
    }
    idle.add(runner.index());
    LaneRunner again = hasWork() || runner.isNeeded() ? claim(runner.index()) : null;
    if (again != null) {
      again.hand();
    } else if (watched) {
      signalQuiet();
    }
  }

  /** {@return how many lanes somebody is on} */
  int busy() {
    return living.get() - idle.count();
  }

  // ---- for the lanes' threads ----

  /** Puts a lane back that has nothing left to do; by its thread, which goes to look for work. */
  void stepOff(LaneRunner runner) {
    steppedOff = runner.index();
    giveBack(runner);
  }

  /** {@return whether requests are spread over all streams before any waits for another} */
  boolean spreads() {
    return spreads;
  }

  /** Tells that one lane more, or less, has all its streams busy. */
  void lanesFull(int change) {
    fullLanes.addAndGet(change);
  }

  /** {@return whether all lanes have all their streams busy} */
  boolean isEveryLaneFull() {
    return fullLanes.get() >= living.get();
  }

  /** {@return whether there may be a job now} */
  boolean hasWork() {
    return waiting.restNanos() <= 0;
  }

  /** {@return whether requests wait, for a lane or for others to join them} */
  boolean hasRequests() {
    return waiting.hasRequests();
  }

  /**
   * A lane's thread is about to give the last answer that it has in hand, on which nobody's code
   * hangs, and will {@link #take} at once: for what is added until then nobody else is woken.
   */
  void beginFinishing() {
    finishing.incrementAndGet();
  }

  /** The end of that; the thread looks at the source once more, or hands its lane on. */
  void endFinishing() {
    finishing.decrementAndGet();
  }

  /**
   * Takes the next job, and has another lane woken if there may be one more.
   *
   * @param finishes whether this is the end of {@linkplain #beginFinishing finishing}
   */
  @Nullable Job take(boolean finishes) {
    Job job;
    try {
      job = waiting.next();
    } finally {
      if (finishes) {
        endFinishing();
      }
    }
    if (job != null && hasWork()) {
      requestAdded();
    }
    return job;
  }

  /** Gives a job, not begun, to another lane, before all others: its own can run nothing. */
  void handOn(Job job) {
    waiting.handOn(job);
    requestAdded();
  }

  /** Sleeps until it is woken, or until waiting requests are to be looked at again. */
  void sleep(LaneRunner sleeper) {
    long nanos = waiting.restNanos();
    if (nanos <= 0) {
      wakeOne(); // the sleeper, perhaps; if nobody is idle, whoever is busy looks in time
    }
    if (nanos <= 0 || nanos == WorkSource.UNTIL_MORE) {
      LockSupport.park(sleeper);
    } else {
      LockSupport.parkNanos(sleeper, nanos);
    }
  }

  /**
   * Looks for work for a while, if that pays, and sees to what is there: on the lane of the thread
   * that looked, which is awake, or, if a caller is on that one, on another.
   */
  void lookForWork(LaneRunner runner) {
    if (looking.await(() -> hasWork() || runner.hasTurn()) && hasWork() && !runner.hasTurn()) {
      if (idle.claim(runner.index())) {
        runner.hand();
      } else {
        wakeOne();
      }
    }
  }

  /** Fails the next job with what keeps a lane from running it. */
  void refuseNext(InferenceException why) {
    Job job = waiting.next();
    if (job != null) {
      job.lose(why);
    }
  }

  /** Changes with each plan: then threads enter their streams anew. */
  int planNumber() {
    return planNumber;
  }

  /** {@return for how long threads that wait for their device stay awake} */
  DeviceWaits waits() {
    return waits;
  }

  /** Which lanes warm up. */
  WarmUpTurns warmUpTurns() {
    return warmUpTurns;
  }

  /** Whether lanes are to fail what is in flight. */
  boolean isAborting() {
    return aborting;
  }

  /** A thread has ended as it was asked to; it has the lane. */
  void ended(LaneRunner runner) {
    passOn();
    try {
      runner.lane().close();
    } catch (InferenceException e) {
      LOG.warn("{}: not all could be given back", runner.lane(), e); // its device may have failed
    }
    remove(runner);
  }

  /** Whoever added a request may have woken a lane that ends, or seen one that looked for work. */
  private void passOn() {
    if (hasRequests()) {
      requestAdded();
    }
  }

  private synchronized void remove(LaneRunner runner) {
    servedByEnded += runner.lane().served();
    runners.set(runner.index(), null);
    living.decrementAndGet();
    notifyAll(); // fewer lanes may mean that nobody is on one
  }

  /**
   * A thread is about to die of something that nobody expected; another takes its place, if any.
   */
  void died(LaneRunner runner, Throwable cause) {
    LOG.error("{} died and is replaced", runner.thread().getName(), cause);
    Events.laneRestarted(runner.thread().getName(), cause);
    try {
      runner.lane().abandon(lost(runner, cause));
    } catch (RuntimeException | Error e) {
      LOG.error("{}: what it left behind could not all be freed", runner.lane(), e);
    }
    if (runner.isRetiring()) {
      runner.endWarmUps();
      passOn();
      remove(runner);
      return;
    }
    synchronized (this) {
      replaced++;
    }
    runner.start();
  }

  private static InferenceException lost(LaneRunner runner, Throwable cause) {
    return new InferenceException(
        ErrorCode.LANE_LOST, runner.thread().getName() + " died of: " + cause, cause);
  }

  // ---- size and end ----

  /**
   * Changes the number of lanes, and has all threads enter their streams anew. Lanes that go finish
   * what is in flight; nobody waits for that.
   *
   * @throws InferenceException if a stream cannot be had; then there are as many lanes as before
   */
  synchronized List<LaneRunner> resize(int lanes) {
    planNumber++;
    List<LaneRunner> staying = staying();
    List<LaneRunner> fresh = new ArrayList<>();
    try {
      for (int i = staying.size(); i < lanes; i++) {
        fresh.add(newRunner());
      }
    } catch (RuntimeException e) {
      fresh.forEach(this::drop);
      throw e;
    }
    List<LaneRunner> kept = EvenSpread.kept(staying, lanes, runner -> runner.lane().device());
    staying.stream().filter(runner -> !kept.contains(runner)).forEach(this::retire);
    return fresh;
  }

  /** Has all lanes of a device end: it is lost. */
  synchronized void leave(Device device) {
    staying().stream()
        .filter(runner -> runner.lane().device().equals(device))
        .forEach(this::retire);
  }

  /** {@return the device of each lane that is not asked to end} */
  List<Device> devices() {
    return staying().stream().map(runner -> runner.lane().device()).toList();
  }

  private LaneRunner newRunner() {
    for (int index = 0; index < IdleLanes.MOST; index++) {
      if (runners.get(index) == null) {
        LaneRunner runner = new LaneRunner(this, index, maker.apply(index));
        runners.set(index, runner);
        living.incrementAndGet();
        return runner;
      }
    }
    throw new InferenceException(
        ErrorCode.CONFIG_INVALID, "lanes: more than " + IdleLanes.MOST + " at once");
  }

  private void drop(LaneRunner unstarted) {
    unstarted.lane().close();
    runners.set(unstarted.index(), null);
    living.decrementAndGet();
  }

  private void retire(LaneRunner runner) {
    runner.retire();
    nudge(runner);
  }

  /** Has a lane's thread look at what it was asked for, at once if nobody is on the lane. */
  void nudge(LaneRunner runner) {
    LaneRunner taken = claim(runner.index());
    if (taken != null) {
      taken.hand();
    }
  }

  /** {@return the lanes that are not asked to end} */
  List<LaneRunner> staying() {
    return all().stream().filter(runner -> !runner.isRetiring()).toList();
  }

  private List<LaneRunner> all() {
    List<LaneRunner> found = new ArrayList<>();
    for (int i = 0; i < IdleLanes.MOST; i++) {
      LaneRunner runner = runners.get(i);
      if (runner != null) {
        found.add(runner);
      }
    }
    return found;
  }

  /** {@return the lane whose thread calls, or null if it is no thread of this crew} */
  @Nullable LaneRunner runnerOfThisThread() {
    Thread me = Thread.currentThread();
    return all().stream().filter(runner -> runner.isThread(me)).findFirst().orElse(null);
  }

  /** Closes the slots of a model that nobody uses any more; on a busy lane, when that has time. */
  void forget(Model model) {
    for (LaneRunner runner : all()) {
      if (runner.lane().device().equals(model.device())) {
        runner.lane().forgetLater(model);
        LaneRunner taken = claim(runner.index());
        if (taken != null) {
          taken.lane().doChores();
          giveBack(taken);
        }
      }
    }
  }

  /** {@return how many threads were replaced because they died} */
  int replaced() {
    return replaced;
  }

  /** {@return how many forwards were run for requests, with success} */
  synchronized long served() {
    return servedByEnded + servedByLanes();
  }

  /** {@return the same by the lanes that are there, without waiting for anybody} */
  long servedByLanes() {
    return all().stream().mapToLong(runner -> runner.lane().served()).sum();
  }

  /** Waits until no request waits and nobody is on a lane; false if that took too long. */
  synchronized boolean awaitQuiet(Duration timeout) throws InterruptedException {
    watched = true;
    long end = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    while (hasRequests() || busy() > 0) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return true;
  }

  /**
   * Has all threads end, and waits for that; not for the calling thread, should it be one of them.
   *
   * @return false if it took too long
   */
  boolean end(Duration timeout) throws InterruptedException {
    List<LaneRunner> all = all();
    staying().forEach(this::retire);
    long end = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    for (LaneRunner runner : all) {
      if (!joined(runner, end)) {
        return false;
      }
    }
    return true;
  }

  private static boolean joined(LaneRunner runner, long end) throws InterruptedException {
    Thread thread = runner.thread(); // another one if it dies meanwhile
    while (thread.isAlive() && thread != Thread.currentThread()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedJoin(thread, left);
      thread = runner.thread();
    }
    return true;
  }

  /** Fails what no lane has taken on. */
  void failHandedOn() {
    waiting.failHandedOn(closedError());
  }

  /** Fails what is in flight on lanes that do not end, and wakes their threads. */
  void abort() {
    aborting = true;
    for (LaneRunner runner : all()) {
      runner.lane().failInHand(closedError());
      runner.thread().interrupt();
    }
  }

  private synchronized void signalQuiet() {
    notifyAll();
  }

  static InferenceException closedError() {
    return new InferenceException(ErrorCode.CLOSED, "the executor was closed");
  }
}
