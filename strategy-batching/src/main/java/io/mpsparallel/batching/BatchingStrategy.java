package io.mpsparallel.batching;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.policy.ThreadBudget;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.BoundedSource;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.LaneThread;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Served;
import io.mpsparallel.work.Spinner;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Puts requests together that wait at the same time; another strategy's lanes ask for them and run
 * them. A lone request on an idle executor goes to that strategy as it is. Any thread.
 */
final class BatchingStrategy implements ParallelismStrategy {
  private static final int WAITING_CALLERS = 64; // that may look for answers, CPUs permitting
  private static final int MOST_APART = 8; // forwards under one acquisition of the gate

  private final BatchingSettings settings;
  private final int mostApart;
  private final boolean spreading; // lanes of a device that works on by itself share it
  private final boolean prepared; // the device prepares for every new shape
  private final boolean records; // and records forwards
  private final BatchSource source;
  private final ParallelismStrategy below;
  private final Spinner answers;
  private volatile boolean accepting;

  BatchingStrategy(StrategyContext context) {
    settings = context.settings().batching();
    Capabilities facts = context.backend().capabilities(context.devices().get(0));
    mostApart = mostApart(facts);
    spreading = !facts.asynchronous();
    prepared = facts.graphKey() != Capabilities.GraphKey.MODEL;
    records = facts.graphKey() == Capabilities.GraphKey.SHAPE_AND_SLOT;
    Sizes sizes = Sizes.of(settings, records, settings.maxRows());
    source =
        new BatchSource(
            context.settings().queue().capacity(),
            context.ticker(),
            BatchFormer.of(settings, sizes, mostApart, spreading),
            sizes,
            this::traitsOf,
            this::moreWork);
    below = context.downstream("batching.over", settings.over(), source);
    answers =
        new Spinner(
            context.settings().lanes().spin(),
            ThreadBudget.grantedCpus(),
            WAITING_CALLERS,
            source::inFlight);
  }

  /** One commit for several forwards saves something only where the device works on by itself. */
  private static int mostApart(Capabilities facts) {
    return facts.asynchronous() ? MOST_APART : 1;
  }

  private Traits traitsOf(ModelVersion version) {
    Model model = version.any();
    Signature signature = model.signature();
    Lengths lengths = Lengths.of(model.source().padding(), signature, prepared);
    return Traits.of(signature, settings.assumeIndependentRows(), lengths);
  }

  private void moreWork() {
    below.workAdded();
  }

  @Override
  public String id() {
    return BatchingProvider.ID;
  }

  @Override
  public void start() {
    below.start();
    source.change(below.stats().lanes());
    accepting = true;
  }

  @Override
  public void accept(WorkItem item, Duration patience) {
    checkAccepting();
    item.spinWith(answers);
    source.offer(item, patience);
    moreWork();
  }

  @Override
  public @Nullable InferenceResult tryRunHere(WorkItem item) {
    checkAccepting();
    return mayRunHere() ? asOurs(below.tryRunHere(item)) : null;
  }

  @Override
  public @Nullable InferenceResult tryRunBeside(WorkItem item) {
    checkAccepting();
    return asOurs(below.tryRunBeside(item));
  }

  /**
   * While a batch runs, callers queue for the next one: on lanes of their own they would overtake
   * those that wait, and take the CPUs from the batch. A lane's own thread cannot wait for itself.
   */
  private boolean mayRunHere() {
    return source.inFlight() == 0 || Thread.currentThread() instanceof LaneThread;
  }

  private static @Nullable InferenceResult asOurs(@Nullable InferenceResult result) {
    return result == null
        ? null
        : new InferenceResult(
            result.outputs(), new Served(BatchingProvider.ID, result.served().device(), 1));
  }

  @Override
  public CompletableFuture<Void> warmUp(
      ModelVersion version, List<NamedTensors> cases, int mostRows) {
    Traits traits = traitsOf(version);
    Lengths lengths = traits.lengths();
    List<NamedTensors> all = lengths == null ? cases : lengths.of(cases);
    Sizes sizes = Sizes.of(settings, records, settings.maxRows()).upTo(mostRows);
    return below.warmUp(
        version, traits.isPadded() ? sizes.cases(all, settings.maxBytes()) : all, mostRows);
  }

  @Override
  public StrategyStats stats() {
    return below.stats().with(source.stats());
  }

  @Override
  public Set<Device> failedDevices() {
    return below.failedDevices();
  }

  @Override
  public void apply(Plan plan) {
    below.apply(plan);
    if (plan.route() != Plan.Route.BATCHED) {
      source.change(below.stats().lanes());
      return;
    }
    int rows = Math.min(plan.maxRows(), BatchingSettings.MOST_ROWS);
    long delayNanos = plan.maxDelay().toNanos();
    source.change(
        new BatchFormer(rows, settings.maxBytes(), mostApart, spreading, delayNanos),
        Sizes.of(settings, records, rows),
        below.stats().lanes());
  }

  @Override
  public void forget(ModelVersion version) {
    source.forget(version);
    below.forget(version);
  }

  @Override
  public boolean drain(Duration timeout) {
    source.close(null);
    accepting = false;
    source.hurry();
    return below.drain(timeout);
  }

  @Override
  public void close() {
    accepting = false;
    source.close(BoundedSource.closedError());
    below.close();
  }

  private void checkAccepting() {
    if (!accepting) {
      throw BoundedSource.closedError();
    }
  }
}
