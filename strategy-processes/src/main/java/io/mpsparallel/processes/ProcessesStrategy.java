package io.mpsparallel.processes;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
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
import io.mpsparallel.work.BoundedSource;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.LaneThread;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.SharedTraffic;
import io.mpsparallel.work.Spinner;
import io.mpsparallel.work.Ticker;
import io.mpsparallel.work.WorkItem;
import io.mpsparallel.work.WorkQueue;
import io.mpsparallel.work.WorkSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests run in worker processes: on the thread that waits for each worker, or, while one is
 * idle, on the thread of a caller, who then reads the answer itself. Any thread.
 */
final class ProcessesStrategy implements ParallelismStrategy {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessesStrategy.class);
  private static final int WAITING_CALLERS = 64; // that may look for answers, CPUs permitting

  private final WorkerPool pool;
  private final Members members;
  private final Workload workload;
  private final List<Device> devices;
  private final Capabilities facts;
  private final ExecutorSettings settings;
  private final Ticker ticker;
  private final WorkQueue queue; // not used if there is another source
  private final WorkSource source;
  private final Spinner answers;
  private final Map<ModelVersion, WarmUpRun> warmUps = new ConcurrentHashMap<>();
  private final Set<String> warned = ConcurrentHashMap.newKeySet(); // each warning once
  private final SharedTraffic traffic;
  private final SharedTraffic.Member member;
  private volatile ThreadBudget budget;
  private volatile boolean accepting;

  ProcessesStrategy(StrategyContext context) {
    pool = poolOf(context.backend());
    members = pool.members();
    workload = members.workload();
    devices = context.devices();
    facts = context.backend().capabilities(devices.get(0));
    settings = context.settings();
    ticker = context.ticker();
    budget = budget(workers(), settings.backendSettings().threads());
    queue = new WorkQueue(settings.queue().capacity(), ticker);
    source = context.source() == null ? queue : context.source();
    if (source != queue) {
      queue.close(null); // nobody would take from it
    }
    Duration spin = settings.lanes().spin();
    answers = new Spinner(spin, budget.cpus(), WAITING_CALLERS, members.leases()::taken);
    traffic = context.traffic();
    member = SharedTraffic.Member.of(members.places()::served, () -> source.size() > 0);
  }

  private static WorkerPool poolOf(Backend backend) {
    if (backend instanceof ProcessBackend elsewhere) {
      return elsewhere.pool();
    }
    throw new InferenceException(
        ErrorCode.CONFIG_INVALID,
        "strategy: processes over an engine that is open in this process (expected: the engine's"
            + " provider, so that workers can open it)");
  }

  /** Those of all devices; automatic, as many for each as it would have lanes. */
  private int workers() {
    int asked = settings.processes().workers();
    if (asked != LaneSettings.AUTO) {
      return asked;
    }
    ThreadSettings threads = settings.backendSettings().threads();
    int cpus = ThreadBudget.grantedCpus();
    return ThreadBudget.of(cpus, devices.size(), facts, LaneSettings.DEFAULTS, threads).total();
  }

  private ThreadBudget budget(int workers, ThreadSettings threads) {
    LaneSettings lanes = LaneSettings.DEFAULTS.withCount(workers);
    return ThreadBudget.of(ThreadBudget.grantedCpus(), 1, facts, lanes, threads);
  }

  @Override
  public String id() {
    return ProcessesProvider.ID;
  }

  @Override
  public void start() {
    int depth = settings.lanes().depth();
    workload.serve(source, ticker, devices);
    traffic.join(member);
    accepting = true;
    resize(budget, depth == LaneSettings.AUTO ? facts.depth() : depth);
  }

  private void resize(ThreadBudget changed, int depth) {
    changed
        .overcommitment()
        .map(text -> text.replace("lanes.count", "processes.workers"))
        .filter(warned::add)
        .ifPresent(LOG::warn);
    ThreadSettings threads = changed.threads();
    workload.setDepth(depth);
    members.resize(changed.lanes());
    if (!threads.equals(members.wanted().threads())) {
      members.change(wanted -> wanted.with(threads));
    }
    budget = changed;
    LOG.debug("{}, depth {}", changed, depth);
  }

  @Override
  public void accept(WorkItem item, Duration patience) {
    checkAccepting();
    item.spinWith(answers);
    queue.offer(item, patience);
    members.workAdded();
  }

  @Override
  public void workAdded() {
    members.workAdded();
  }

  @Override
  public @Nullable InferenceResult tryRunHere(WorkItem item) {
    Member own =
        Thread.currentThread() instanceof LaneThread ? members.places().ofThisThread() : null;
    if (own != null) { // a continuation: to wait for a worker might be to wait for itself
      Hand hand = own.runner().inHand();
      return hand == null ? null : hand.runNow(item);
    }
    return workload.hasRequests() ? null : runOnIdle(item);
  }

  private @Nullable InferenceResult runOnIdle(WorkItem item) {
    workload.begin(); // first: a drain waits for those that it did not refuse
    try {
      checkAccepting();
      Member member = members.leaseIdle();
      return member == null ? null : new DirectCall(members, member, item).run();
    } finally {
      workload.over();
    }
  }

  @Override
  public CompletableFuture<Void> warmUp(
      ModelVersion version, List<NamedTensors> cases, int mostRows) {
    List<Member> places = members.places().all();
    WarmUpRun run = new WarmUpRun(version, cases, Set.copyOf(places));
    end(warmUps.put(version, run));
    members.change(wanted -> wanted.with(run));
    places.stream().filter(Member::isRetired).forEach(run::endPlace); // before it was told
    return run.done();
  }

  @Override
  public StrategyStats stats() {
    return new StrategyStats(
        members.places().target(),
        members.leases().taken(),
        workload.size(),
        members.places().served(),
        members.leases().replaced());
  }

  @Override
  public void apply(Plan plan) {
    ThreadSettings asked = settings.backendSettings().threads();
    int intraOp = asked.intraOp() == ThreadSettings.AUTO ? plan.intraOpThreads() : asked.intraOp();
    int workers = plan.lanes() * devices.size();
    resize(budget(workers, new ThreadSettings(intraOp, asked.blas())), plan.depth());
  }

  @Override
  public void forget(ModelVersion version) {
    end(warmUps.remove(version));
  }

  private void end(@Nullable WarmUpRun warmUp) {
    if (warmUp != null) {
      members.change(wanted -> wanted.without(warmUp));
      warmUp.close();
    }
  }

  @Override
  public boolean drain(Duration timeout) {
    queue.close(null); // first: what was accepted is still taken
    accepting = false;
    if (Thread.currentThread() instanceof LaneThread) {
      return !workload.hasRequests(); // a continuation: waiting would be for itself
    }
    try {
      return workload.awaitQuiet(timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    accepting = false;
    traffic.leave(member);
    queue.close(BoundedSource.closedError());
    pool.close();
    warmUps.values().forEach(WarmUpRun::close);
  }

  private void checkAccepting() {
    if (!accepting) {
      throw BoundedSource.closedError();
    }
  }
}
