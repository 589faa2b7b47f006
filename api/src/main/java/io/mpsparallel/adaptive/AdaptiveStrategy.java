package io.mpsparallel.adaptive;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.AdaptivePolicy;
import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.Decision;
import io.mpsparallel.policy.LoadSample;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.policy.PolicyFacts;
import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each request to the strategy that serves its kind best, as far as is known. A {@link Watch}
 * looks four times a second what each kind was served like, asks the {@link AdaptivePolicy}, and
 * says what serves it from then on; requests only look that up. Any thread.
 */
final class AdaptiveStrategy implements ParallelismStrategy {
  private static final Logger LOG = LoggerFactory.getLogger(AdaptiveStrategy.class);
  private static final int KEPT_DECISIONS = 64;

  /** After so many windows without a request, a strategy other than the first is closed. */
  private static final int IDLE_WINDOWS = 240;

  private final StrategyContext context;
  private final Choices choices;
  private final Kinds kinds;
  private final AdaptivePolicy policy; // the watch's
  private final Watch watch;
  private final Map<Choice, Integer> idleWindows = new ConcurrentHashMap<>(); // the watch's
  private final List<Decision> decisions = new ArrayList<>(); // guarded by itself
  private volatile boolean accepting;

  AdaptiveStrategy(StrategyContext context) {
    this.context = context;
    choices = new Choices(context);
    kinds = new Kinds(choices.allowed(), choices.first(), this::nameOf);
    policy =
        new AdaptivePolicy(
            PolicyFacts.of(
                choices.allowed(), context.backend().capabilities(context.devices().get(0))));
    watch = new Watch(this::look);
  }

  private String nameOf(ModelVersion version) {
    return version.on(context.devices().get(0)).source().toString();
  }

  @Override
  public String id() {
    return AdaptiveProvider.ID;
  }

  @Override
  public void start() {
    choices.start(choices.first());
    accepting = true;
    if (choices.allowed().size() > 1) {
      watch.start();
    }
  }

  // ---- requests ----

  @Override
  public void accept(WorkItem item, Duration patience) {
    checkAccepting();
    watch.wake();
    KindOfWork kind = kinds.of(item);
    Choice choice = kind.choice();
    Traffic traffic = kind.traffic(choice);
    traffic.begin(item);
    try {
      accept(item, patience, choice);
    } catch (RuntimeException e) {
      traffic.refused(item);
      throw e;
    }
  }

  /** One that is stopped, for it was long unused, takes nothing; the first one always does. */
  private void accept(WorkItem item, Duration patience, Choice choice) {
    ParallelismStrategy chosen = choices.of(choice);
    try {
      chosen.accept(item, patience);
    } catch (InferenceException e) {
      ParallelismStrategy other = choices.of(choice);
      if (e.code() != ErrorCode.CLOSED || !accepting || other.equals(chosen)) {
        throw e;
      }
      other.accept(item, patience);
    }
  }

  @Override
  public @Nullable InferenceResult tryRunHere(WorkItem item) {
    checkAccepting();
    KindOfWork kind = kinds.of(item);
    Choice choice = kind.choice();
    long start = System.nanoTime();
    InferenceResult result = choices.of(choice).tryRunHere(item);
    if (result != null) {
      watch.wake();
      kind.traffic(choice).served(item, start);
    }
    return result;
  }

  @Override
  public @Nullable InferenceResult tryRunBeside(WorkItem item) {
    checkAccepting();
    return choices.of(kinds.of(item).choice()).tryRunBeside(item);
  }

  private void checkAccepting() {
    if (!accepting) {
      throw new InferenceException(ErrorCode.CLOSED, "the executor was closed");
    }
  }

  // ---- choosing ----

  /** At the end of a window, by the watch; false if nothing was going on. */
  private boolean look(long windowNanos) {
    List<KindOfWork> all = kinds.all();
    List<LoadSample> window = new ArrayList<>();
    all.forEach(kind -> window.addAll(kind.look(windowNanos)));
    for (Decision decision : policy.observe(window)) {
      all.stream()
          .filter(kind -> kind.kind().equals(decision.kind()))
          .forEach(kind -> follow(kind, decision));
    }
    stopIdle(window);
    return !window.isEmpty();
  }

  private void follow(KindOfWork kind, Decision decision) {
    Choice before = kind.choice();
    try {
      choices.start(decision.choice());
      kind.choose(decision.choice());
    } catch (InferenceException e) {
      LOG.warn("{}: {} cannot start: {}", kind.kind(), decision.choice(), e.getMessage());
    }
    if (before.equals(kind.choice())) {
      LOG.debug("{}", decision);
    } else {
      LOG.info("{}: {} -> {} ({})", kind.kind(), before, kind.choice(), decision.reason());
    }
    remember(decision);
  }

  private void remember(Decision decision) {
    synchronized (decisions) {
      if (decisions.size() == KEPT_DECISIONS) {
        decisions.remove(0);
      }
      decisions.add(decision);
    }
  }

  @Override
  public List<Decision> decisions() {
    synchronized (decisions) {
      return List.copyOf(decisions);
    }
  }

  private void stopIdle(List<LoadSample> window) {
    for (Choice choice : choices.allowed()) {
      boolean used = window.stream().anyMatch(sample -> sample.choice().equals(choice));
      int idle = used ? 0 : idleWindows.merge(choice, 1, Integer::sum);
      idleWindows.put(choice, idle);
      if (idle > IDLE_WINDOWS && !choice.equals(choices.first()) && choices.isStarted(choice)) {
        choices.stop(choice, context.settings().backendSettings().closeTimeout());
      }
    }
  }

  // ---- all of them ----

  @Override
  public CompletableFuture<Void> warmUp(ModelVersion version, List<NamedTensors> cases) {
    return choices.warmUp(version, cases);
  }

  @Override
  public StrategyStats stats() {
    int lanes = 0;
    int busy = 0;
    int queued = 0;
    long served = 0;
    long replaced = 0;
    BatchStats batches = null;
    for (ParallelismStrategy one : choices.running()) {
      StrategyStats stats = one.stats();
      lanes += stats.lanes();
      busy += stats.busy();
      queued += stats.queued();
      served += stats.served();
      replaced += stats.replaced();
      batches = stats.batching() == null ? batches : stats.batching();
    }
    return new StrategyStats(lanes, busy, queued, served, replaced, batches);
  }

  @Override
  public void apply(Plan plan) {
    choices.apply(plan);
  }

  @Override
  public void forget(ModelVersion version) {
    kinds.forget(version);
    choices.forget(version);
  }

  @Override
  public boolean drain(Duration timeout) {
    accepting = false;
    watch.end();
    long end = System.nanoTime() + timeout.toNanos();
    boolean all = true;
    for (ParallelismStrategy one : choices.running()) {
      Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
      all &= one.drain(left);
    }
    return all;
  }

  @Override
  public void close() {
    accepting = false;
    watch.end();
    choices.close();
  }
}
