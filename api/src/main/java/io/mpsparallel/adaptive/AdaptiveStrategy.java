package io.mpsparallel.adaptive;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.AdaptivePolicy;
import io.mpsparallel.policy.Decision;
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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Gives each request to the strategy that serves its kind best, as far as is known. A {@link Watch}
 * has the {@link Chooser} look four times a second what each kind was served like, which says what
 * serves it from then on; requests only look that up. Any thread.
 */
final class AdaptiveStrategy implements ParallelismStrategy {
  private final Choices choices;
  private final Preparations preparations;
  private final Kinds kinds;
  private final Chooser chooser;
  private final Watch watch;
  private final boolean chooses;
  private volatile boolean accepting;

  AdaptiveStrategy(StrategyContext context) {
    choices = new Choices(context);
    preparations = new Preparations(choices);
    Device device = context.devices().get(0); // the others are of its kind
    kinds =
        new Kinds(
            (kind, version) ->
                new KindOfWork(kind, version, choices.home(), choices.homeStrategy()),
            version -> version.any().source().toString());
    PolicyFacts facts = PolicyFacts.of(choices.allowed(), context.backend().capabilities(device));
    chooses = !facts.allowed().equals(List.of(choices.home()));
    chooser =
        new Chooser(
            new AdaptivePolicy(facts.withProfile(Profiles.of(context.settings().adaptive()))),
            choices,
            preparations,
            kinds,
            LaneCounts.of(context),
            context.settings().resilience().breaker().pause(),
            context.settings().backendSettings().closeTimeout());
    watch = new Watch(chooser::look);
  }

  @Override
  public String id() {
    return AdaptiveProvider.ID;
  }

  @Override
  public void start() {
    choices.startHome();
    accepting = true;
    if (chooses) {
      watch.start();
    }
  }

  // ---- requests ----

  /** What is stopped, for it was long unused, takes nothing; what serves instead by then does. */
  @Override
  public void accept(WorkItem item, Duration patience) {
    checkAccepting();
    watch.wake();
    KindOfWork kind = kinds.of(item);
    Serving serving = kind.serving();
    try {
      serving.accept(item, patience);
    } catch (InferenceException e) {
      Serving now = kind.serving();
      if (e.code() != ErrorCode.CLOSED || !accepting || now.strategy() == serving.strategy()) {
        throw e;
      }
      now.accept(item, patience);
    }
  }

  @Override
  public @Nullable InferenceResult tryRunHere(WorkItem item) {
    checkAccepting();
    InferenceResult result = kinds.of(item).serving().tryRunHere(item);
    if (result != null) {
      watch.wake();
    }
    return result;
  }

  @Override
  public @Nullable InferenceResult tryRunBeside(WorkItem item) {
    checkAccepting();
    return kinds.of(item).serving().strategy().tryRunBeside(item);
  }

  private void checkAccepting() {
    if (!accepting) {
      throw new InferenceException(ErrorCode.CLOSED, "the executor was closed");
    }
  }

  // ---- all of them ----

  @Override
  public List<Decision> decisions() {
    return chooser.decisions();
  }

  @Override
  public CompletableFuture<Void> warmUp(
      ModelVersion version, List<NamedTensors> cases, int mostRows) {
    return choices.warmUp(version, cases, mostRows);
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
  public Set<Device> failedDevices() {
    Set<Device> failed = new HashSet<>();
    choices.running().forEach(one -> failed.addAll(one.failedDevices()));
    return failed;
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
    endWatch();
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
    endWatch();
    choices.close();
  }

  private void endWatch() {
    watch.end();
    preparations.end();
  }
}
