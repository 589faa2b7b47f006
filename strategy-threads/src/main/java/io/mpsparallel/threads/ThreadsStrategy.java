package io.mpsparallel.threads;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.policy.ThreadBudget;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.ThreadSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.LaneThread;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.SharedTraffic;
import io.mpsparallel.work.Spinner;
import io.mpsparallel.work.WorkItem;
import io.mpsparallel.work.WorkQueue;
import io.mpsparallel.work.WorkSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests run one by one on long-lived lanes, each a thread and a stream; or, while a lane is idle
 * and the device allows it, on the thread of the caller. Any thread.
 */
final class ThreadsStrategy implements ParallelismStrategy {
  private static final Logger LOG = LoggerFactory.getLogger(ThreadsStrategy.class);
  private static final int MOST_STREAMS = 32; // of the lanes of a device that have several
  private static final int MOST_OF_A_LANE = 8;
  private static final int WAITING_CALLERS = 64; // that may look for answers, CPUs permitting

  private final Backend backend;
  private final List<Device> devices;
  private final Capabilities facts;
  private final ExecutorSettings settings;
  private final WorkQueue queue; // not used if there is another source
  private final WorkSource source;
  private final Fleet fleet;
  private final Crew crew;
  private final Guests guests;
  private final SharedTraffic traffic;
  private final SharedTraffic.Member member;
  private final Homes homes = new Homes();
  private final Spinner answers;
  private final Map<ModelVersion, WarmUpRun> warmUps = new ConcurrentHashMap<>();
  private final Set<String> warned = ConcurrentHashMap.newKeySet(); // each warning once
  private volatile ThreadBudget budget;
  private volatile int depth;
  private volatile boolean accepting;
  private boolean closed; // guarded by this

  ThreadsStrategy(StrategyContext context) {
    backend = context.backend();
    devices = context.devices();
    traffic = context.traffic();
    fleet = new Fleet(devices, this::leave);
    facts = backend.capabilities(devices.get(0));
    settings = context.settings();
    budget =
        ThreadBudget.of(
            ThreadBudget.grantedCpus(),
            devices.size(),
            facts,
            settings.lanes(),
            settings.backendSettings().threads());
    depth = depthOf(settings.lanes());
    queue = new WorkQueue(settings.queue().capacity(), context.ticker());
    source = context.source() == null ? queue : context.source();
    if (source != queue) {
      queue.close(null); // nobody would take from it
    }
    Duration spin = settings.lanes().spin();
    crew =
        new Crew(
            source,
            budget.cpus(),
            overlaps(),
            spin,
            new WarmUpTurns(context.traffic(), context.ticker()),
            number -> newLane());
    member = SharedTraffic.Member.of(crew::servedByLanes, crew::hasRequests);
    guests = new Guests(budget.total(), this::newGuest);
    answers = new Spinner(spin, budget.cpus(), WAITING_CALLERS, crew::busy);
  }

  private int depthOf(LaneSettings lanes) {
    return lanes.depth() == LaneSettings.AUTO ? facts.depth() : lanes.depth();
  }

  private Lane newLane() {
    return laneOn(fleet.next(crew.devices()), streamsOfALane());
  }

  private Lane newGuest(int number) {
    return laneOn(fleet.at(number), 1);
  }

  /**
   * As many as a lane keeps requests in flight, where the device runs streams side by side; but
   * engines keep memory for each, and more than 32 on a device gain nothing. What every possible
   * lane and guest needs for itself is left alone.
   */
  private int streamsOfALane() {
    int lanes = Math.max(1, budget.lanes());
    int spare = Math.max(0, facts.streamCapacity() - 2 * LaneSettings.MOST);
    int share = Math.min(MOST_STREAMS / lanes, 1 + spare / lanes);
    return overlaps() ? Math.max(1, Math.min(Math.min(depth, MOST_OF_A_LANE), share)) : 1;
  }

  /** Whether the device works on by itself, and on several streams side by side. */
  private boolean overlaps() {
    return facts.asynchronous() && facts.concurrentForwards() == Capabilities.UNLIMITED;
  }

  private void leave(Device lost) {
    crew.leave(lost);
  }

  private Lane laneOn(Device device, int most) {
    List<Stream> streams = new ArrayList<>(List.of(backend.acquireStream(device)));
    try {
      while (streams.size() < most) {
        streams.add(backend.acquireStream(device));
      }
    } catch (InferenceException e) {
      if (e.code() != ErrorCode.STREAMS_EXHAUSTED) {
        streams.forEach(Stream::close);
        throw e;
      }
      LOG.debug("a lane on {} has {} of {} streams", device, streams.size(), most);
    }
    return new Lane(streams, () -> depth, settings.backendSettings().eventTimeout(), fleet);
  }

  @Override
  public String id() {
    return ThreadsProvider.ID;
  }

  @Override
  public void start() {
    resize(budget, depth);
    traffic.join(member);
    accepting = true;
  }

  private void resize(ThreadBudget changed, int slots) {
    changed.overcommitment().filter(warned::add).ifPresent(LOG::warn);
    backend.useThreads(changed.threads());
    depth = slots;
    ThreadBudget before = budget;
    budget = changed; // which says how many streams a lane has
    List<LaneRunner> fresh;
    try {
      fresh = crew.resize(changed.lanes() * fleet.left());
    } catch (RuntimeException e) {
      budget = before;
      throw e;
    }
    fresh.forEach(runner -> warmUps.values().forEach(runner::add));
    fresh.forEach(crew.staying().size() > fresh.size() ? LaneRunner::startCold : LaneRunner::start);
    LOG.debug("{}, depth {}", changed, slots);
  }

  @Override
  public void accept(WorkItem item, Duration patience) {
    checkAccepting();
    item.spinWith(answers);
    queue.offer(item, patience);
    crew.requestAdded();
  }

  @Override
  public void workAdded() {
    crew.requestAdded();
  }

  @Override
  public @Nullable InferenceResult tryRunHere(WorkItem item) {
    LaneRunner own =
        Thread.currentThread() instanceof LaneThread ? crew.runnerOfThisThread() : null;
    if (own != null) { // a continuation: to wait for a lane might be to wait for itself
      return runOn(own.lane(), item);
    }
    if (!facts.callerThreads() || crew.hasRequests()) {
      return null;
    }
    LaneRunner runner = facts.asynchronous() ? laneFor(item) : crew.claimAny();
    if (runner == null) {
      return null;
    }
    try {
      checkAccepting();
      return runOn(runner.lane(), item);
    } finally {
      crew.giveBack(runner);
    }
  }

  /**
   * The lane that this thread keeps to, or another that is idle, if it has recorded such a forward:
   * to launch that leaves nothing behind.
   */
  private @Nullable LaneRunner laneFor(WorkItem item) {
    LaneRunner own = crew.claim(home());
    LaneRunner any = own == null ? crew.claimAny() : null;
    if (any == null) {
      return own;
    }
    boolean recorded = false;
    try {
      recorded = any.lane().hasRecorded(item, 0);
    } finally {
      if (!recorded) {
        crew.giveBack(any);
      }
    }
    return recorded ? any : null;
  }

  /** Devices that work on by themselves keep memory for each thread on each of their streams. */
  private int home() {
    return homes.ofThisThread(budget.total());
  }

  @Override
  public @Nullable InferenceResult tryRunBeside(WorkItem item) {
    if (!facts.callerThreads()) {
      return null;
    }
    checkAccepting();
    Guests.Stay stay = facts.asynchronous() ? guests.claim(home()) : guests.claim();
    if (stay == null) {
      return null;
    }
    try {
      return runOn(stay.lane(), item);
    } finally {
      guests.giveBack(stay);
    }
  }

  /** Null if the lane's device is lost: the request waits for a lane of another. */
  @SuppressWarnings("try") // the scope is left, not read
  private static @Nullable InferenceResult runOn(Lane lane, WorkItem item) {
    try (Stream.Scope inside = lane.enter()) {
      return inside == null ? null : lane.result(item);
    }
  }

  @Override
  public CompletableFuture<Void> warmUp(
      ModelVersion version, List<NamedTensors> cases, int mostRows) {
    WarmUpRun run = new WarmUpRun(version, cases, facts);
    WarmUpRun before = warmUps.put(version, run);
    if (before != null) {
      before.close();
    }
    for (LaneRunner runner : crew.staying()) {
      runner.add(run);
      crew.nudge(runner);
    }
    run.endLane();
    return run.done();
  }

  @Override
  public synchronized void apply(Plan plan) {
    if (closed) {
      return;
    }
    ThreadSettings asked = settings.backendSettings().threads();
    int intraOp = asked.intraOp() == ThreadSettings.AUTO ? plan.intraOpThreads() : asked.intraOp();
    ThreadSettings threads = new ThreadSettings(intraOp, asked.blas());
    resize(
        new ThreadBudget(budget.cpus(), devices.size(), plan.lanes(), facts, threads),
        plan.depth());
  }

  @Override
  public void forget(ModelVersion version) {
    WarmUpRun warmUp = warmUps.remove(version);
    if (warmUp != null) {
      warmUp.close();
    }
    for (Model model : version.models()) {
      crew.forget(model);
      guests.forget(model);
    }
  }

  @Override
  public StrategyStats stats() {
    return new StrategyStats(
        crew.devices().size(), crew.busy(), source.size(), crew.served(), crew.replaced());
  }

  @Override
  public Set<Device> failedDevices() {
    return fleet.failed();
  }

  @Override
  public boolean drain(Duration timeout) {
    queue.close(null); // first: what was accepted is still taken
    accepting = false;
    if (Thread.currentThread() instanceof LaneThread) {
      return source.size() == 0; // a continuation: waiting would be for itself
    }
    try {
      return crew.awaitQuiet(timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true; // no lane is added from here on
    }
    accepting = false;
    traffic.leave(member);
    queue.close(Crew.closedError());
    Duration patience = settings.backendSettings().closeTimeout();
    try {
      if (!crew.end(patience)) {
        LOG.warn("lanes still run after {}: what they have in hand fails", patience);
        crew.abort();
        crew.end(patience);
      }
    } catch (InterruptedException e) {
      crew.abort();
      Thread.currentThread().interrupt();
    }
    crew.failHandedOn();
    guests.close();
    warmUps.values().forEach(WarmUpRun::close);
  }

  private void checkAccepting() {
    if (!accepting) {
      throw Crew.closedError();
    }
  }
}
