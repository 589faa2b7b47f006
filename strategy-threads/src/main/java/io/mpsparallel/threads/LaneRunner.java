package io.mpsparallel.threads;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.LaneThread;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A lane and its thread. The thread sleeps until somebody who took the lane hands it over, serves
 * the queue as long as there is something to serve, and gives the lane back; while it sleeps, a
 * caller may take the lane for a call of its own.
 */
final class LaneRunner implements Runnable {
  private static final int SPINS = 16; // between two looks at the device, about half a microsecond
  private static final int MANY_SPINS = 128; // in a long wait: looks cost those who hand in as well
  private static final long LONG_NANOS = 100_000;
  private static final long PARK_NANOS = 50_000;
  private static final long TURN_NANOS = 1_000_000;
  private static final long NEVER = 0;
  private static final long LEFT_NANOS = 10_000_000; // far longer than a wake-up

  private final Crew crew;
  private final int index;
  private final Lane lane;
  private final Queue<WarmUpRun.OnLane> warmUps = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Thread thread;
  private volatile boolean turn; // the lane was handed to the thread
  private volatile boolean retiring;
  private volatile boolean ended;
  private boolean full; // by whoever is on the lane's thread
  private volatile boolean cold; // takes no requests before it is warm
  private long leftSince = NEVER; // when this lane first left a request to others

  LaneRunner(Crew crew, int index, Lane lane) {
    this.crew = crew;
    this.index = index;
    this.lane = lane;
  }

  int index() {
    return index;
  }

  Lane lane() {
    return lane;
  }

  /** Starts the thread, or another one in place of one that died; it has the lane. */
  void start() {
    turn = true;
    Thread fresh = new LaneThread("mps-parallel-lane-" + lane.device() + "-" + index, this);
    thread = fresh;
    fresh.start();
  }

  /** As {@link #start}, for a lane that takes no requests before it is warm: others do. */
  void startCold() {
    cold = true;
    start();
  }

  Thread thread() {
    return requireNonNull(thread, "thread");
  }

  boolean isThread(Thread other) {
    return thread == other;
  }

  /** Hands the lane to its thread; by whoever took it, and is done with it. */
  void hand() {
    turn = true;
    LockSupport.unpark(thread);
  }

  /** Asks the thread to end; by anybody. */
  void retire() {
    retiring = true;
  }

  boolean isRetiring() {
    return retiring;
  }

  /** Asks for a warm-up; by anybody, also if the lane has just ended. */
  void add(WarmUpRun warmUp) {
    warmUps.add(warmUp.onLane());
    if (ended) {
      endWarmUps();
    }
  }

  /** Whether the thread has something to do besides requests; a caller may have overlooked it. */
  boolean isNeeded() {
    return retiring || hasChores();
  }

  private boolean hasChores() {
    return lane.hasChores() || mayWarmUp();
  }

  private boolean mayWarmUp() {
    return !warmUps.isEmpty() && (cold || crew.warmUpTurns().mayTake(this));
  }

  @Override
  public void run() {
    try {
      while (awaitTurn()) {
        serve();
        leaveTurn();
        crew.stepOff(this);
      }
      endWarmUps();
      crew.ended(this);
    } catch (Throwable e) { // whatever it is: the requests in its hands are answered
      crew.died(this, e);
    }
  }

  /** Waits for the lane; false if the thread is to end. */
  private boolean awaitTurn() {
    if (!turn) {
      crew.lookForWork(this);
    }
    while (!turn) {
      crew.sleep(this);
      clearInterrupt();
    }
    turn = false;
    return !retiring;
  }

  /** Whether the lane was handed to the thread, and it has not begun yet. */
  boolean hasTurn() {
    return turn;
  }

  @SuppressWarnings("try") // the scope is left, not read
  private void serve() {
    int plan = crew.planNumber();
    try (Stream.Scope inside = entered()) {
      while (inside != null && step(plan == crew.planNumber() && !retiring)) {
        clearInterrupt(); // it would keep us from sleeping
      }
    } finally {
      noteFull(false);
    }
  }

  /** Null if the device is lost, or does not let anybody in, which the next request is told. */
  private Stream.@Nullable Scope entered() {
    try {
      return lane.enterAll();
    } catch (InferenceException e) {
      crew.refuseNext(e);
      for (WarmUpRun.OnLane rest = warmUps.poll(); rest != null; rest = warmUps.poll()) {
        rest.fail(e);
      }
      return null;
    }
  }

  /**
   * One turn of the duty cycle: complete what is finished, take, run; wait only when nothing else
   * can be done.
   *
   * @param taking whether to take more requests; else finishes those in flight
   * @return false when nothing is left to do
   */
  private boolean step(boolean taking) {
    if (crew.isAborting()) {
      lane.abandon(Crew.closedError());
      return false;
    }
    if (taking && cold) {
      warmUpFirst();
      return true;
    }
    boolean finishes = taking && !hasChores() && lane.isLastAnswerQuick();
    boolean worked = finishes ? finish() : lane.completeFinished();
    worked |= !finishes && doChores(taking);
    worked |= taking && takeMore(finishes);
    if (!worked && !lane.isEmpty()) {
      awaitDevice(taking);
    }
    return worked || !lane.isEmpty();
  }

  /** Gives the last answer; whoever has it may come with the next request at once. */
  private boolean finish() {
    crew.beginFinishing();
    try {
      return lane.completeFinished();
    } catch (RuntimeException | Error e) {
      crew.endFinishing();
      throw e;
    }
  }

  private boolean doChores(boolean taking) {
    if (lane.hasChores()) {
      lane.doChores();
    }
    return taking && takesTurnToWarmUp();
  }

  private boolean takesTurnToWarmUp() {
    if (warmUps.isEmpty() || !crew.warmUpTurns().take(this)) {
      return false;
    }
    if (!warmUp()) {
      crew.warmUpTurns().leave(this);
    }
    wakeOthersToWarmUp();
    return true;
  }

  /** One more step of a lane that takes no requests yet, as long as others do. */
  private void warmUpFirst() {
    if (warmUps.isEmpty() || crew.staying().stream().allMatch(runner -> runner.cold)) {
      cold = false;
    } else if (!takesTurnToWarmUp()) {
      LockSupport.parkNanos(this, TURN_NANOS);
    }
  }

  /** Whoever is not on the lane's thread does not warm it up: others may. */
  private void leaveTurn() {
    if (!warmUps.isEmpty()) {
      crew.warmUpTurns().leave(this);
    }
  }

  /** One more forward; false if nothing is left to warm up. */
  private boolean warmUp() {
    WarmUpRun.OnLane next = warmUps.peek();
    if (next != null && !next.step(lane)) {
      warmUps.remove();
    }
    return !warmUps.isEmpty();
  }

  /** Lanes that nobody is on, and that may warm up now. */
  private void wakeOthersToWarmUp() {
    crew.staying().stream().filter(LaneRunner::isNeeded).forEach(crew::nudge);
  }

  private boolean takeMore(boolean finishes) {
    boolean any = false;
    boolean tells = finishes;
    while (wantsMore() && !lane.isLost()) {
      Job job = crew.take(tells);
      tells = false;
      if (job == null) {
        break;
      }
      clearInterrupt(); // a continuation's: it is not meant for this job
      if (!lane.start(job)) {
        crew.handOn(job);
      }
      any = true;
    }
    if (tells) {
      crew.endFinishing();
    }
    if (full && lane.hasRoom() && crew.hasWork()) {
      crew.requestAdded(); // left to another lane
    }
    return any;
  }

  /**
   * Not a request that would wait here for another one while some lane has a stream to spare; but
   * no request is left alone for long: that lane may be kept by its caller, or by an answer.
   */
  private boolean wantsMore() {
    noteFull(crew.spreads() && lane.isEveryStreamBusy());
    return lane.hasRoom() && (!full || crew.isEveryLaneFull() || isLeftForLong());
  }

  private void noteFull(boolean now) {
    if (now != full) {
      full = now;
      leftSince = NEVER;
      crew.lanesFull(now ? 1 : -1);
    }
  }

  private boolean isLeftForLong() {
    if (!crew.hasWork()) {
      leftSince = NEVER;
      return false;
    }
    long now = System.nanoTime();
    if (leftSince == NEVER) {
      leftSince = now;
    }
    return now - leftSince > LEFT_NANOS;
  }

  /** Until some request is over, or there is room and something to fill it. */
  private void awaitDevice(boolean taking) {
    if (hasWorkSoon(taking)) {
      return;
    }
    while (!hasWork(taking)) {
      LockSupport.parkNanos(this, PARK_NANOS);
      clearInterrupt();
    }
  }

  /** Without a sleep. */
  private boolean hasWorkSoon(boolean taking) {
    long start = System.nanoTime();
    long awakeNanos = crew.waits().begin();
    try {
      while (!hasWork(taking)) {
        long waited = System.nanoTime() - start;
        if (waited >= awakeNanos) {
          return false;
        }
        spin(waited < LONG_NANOS ? SPINS : MANY_SPINS);
      }
      return true;
    } finally {
      crew.waits().end();
    }
  }

  private static void spin(int times) {
    for (int i = 0; i < times; i++) {
      Thread.onSpinWait();
    }
  }

  private boolean hasWork(boolean taking) {
    return lane.isAnyOver()
        || (taking && wantsMore() && crew.hasWork())
        || lane.hasChores()
        || (taking && mayWarmUp())
        || crew.isAborting();
  }

  @SuppressWarnings("CheckReturnValue") // an interrupt means nothing to a lane
  private static void clearInterrupt() {
    Thread.interrupted();
  }

  /** By its thread, which ends: nobody is to wait for it. */
  void endWarmUps() {
    ended = true;
    for (WarmUpRun.OnLane rest = warmUps.poll(); rest != null; rest = warmUps.poll()) {
      rest.end();
    }
    crew.warmUpTurns().leave(this);
    wakeOthersToWarmUp();
  }
}
