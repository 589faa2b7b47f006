package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.adaptive.AdaptiveProvider;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Decision;
import io.mpsparallel.policy.Reason;
import io.mpsparallel.settings.BatchSizes;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.settings.ResilienceSettings.Breaker;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.FakeFunction;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.testing.ManualTicker;
import io.mpsparallel.threads.ThreadsProvider;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Forwards that take real time, so that there is something to find out. */
@Timeout(60)
final class AdaptiveTest {
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long LONGER_THAN_A_TRIAL_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);
  private static final long TWELVE_WINDOWS_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final FakeFunction SLOW = AdaptiveTest::takesTime;

  /** As long for many rows as for one: batches pay. */
  private static NamedTensors takesTime(NamedTensors inputs) {
    return takesTime(inputs, 300);
  }

  private static NamedTensors takesTime(NamedTensors inputs, long micros) {
    long end = System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(micros);
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    return NamedTensors.of(inputs.get(0).share());
  }

  private static InferenceExecutor executor(FakeBackendBuilder parts) {
    return executor(parts, new BatchingProvider(), ExecutorSettings.DEFAULTS);
  }

  private static InferenceExecutor executor(
      FakeBackendBuilder parts, StrategyProvider batching, ExecutorSettings settings) {
    return InferenceExecutor.builder()
        .settings(settings.withStrategy("adaptive"))
        .backend(parts.build())
        .strategy(new ThreadsProvider())
        .strategy(batching)
        .strategy(new AdaptiveProvider())
        .build();
  }

  /** Batching that takes its time to be made. */
  private static final class Late implements StrategyProvider {
    final BatchingProvider batching = new BatchingProvider();
    final CountDownLatch asked = new CountDownLatch(1);
    final CountDownLatch told = new CountDownLatch(1);
    final CountDownLatch interrupted = new CountDownLatch(1);

    @Override
    public String id() {
      return batching.id();
    }

    @Override
    public ParallelismStrategy create(StrategyContext context) {
      asked.countDown();
      try {
        told.await();
      } catch (InterruptedException e) {
        interrupted.countDown();
        throw new InferenceException(ErrorCode.CLOSED, "while it was made", e);
      }
      return batching.create(context);
    }
  }

  /** Batching that cannot be made the first time. */
  private static final class Failing implements StrategyProvider {
    final BatchingProvider batching = new BatchingProvider();
    boolean failed;

    @Override
    public String id() {
      return batching.id();
    }

    @Override
    public ParallelismStrategy create(StrategyContext context) {
      if (!failed) {
        failed = true;
        throw new InferenceException(ErrorCode.STREAMS_EXHAUSTED, "scripted");
      }
      return batching.create(context);
    }
  }

  /** Keeps so many requests in flight until something is so. */
  private static void loadUntil(LoadedModel model, int inFlight, int width, BooleanSupplier isSo) {
    Deque<CompletableFuture<InferenceResult>> futures = new ArrayDeque<>();
    long start = System.nanoTime();
    while (!isSo.getAsBoolean()) {
      assertThat(System.nanoTime() - start).as("never").isLessThan(LONGEST_NANOS);
      while (futures.size() < inFlight) {
        futures.add(model.submit(Tensor.of(new float[width], 1, width)));
      }
      strategyOf(futures.remove());
    }
    futures.forEach(AdaptiveTest::strategyOf);
  }

  private static Set<Reason> reasons(InferenceExecutor executor, String model) {
    return executor.decisions().stream()
        .filter(decision -> decision.kind().model().contains(model))
        .map(Decision::reason)
        .collect(Collectors.toSet());
  }

  /** Keeps so many requests in flight until one strategy has served all of them for a while. */
  private static void loadUntilServedBy(LoadedModel model, int inFlight, String strategy) {
    loadUntilServedBy(model, inFlight, 1, strategy);
  }

  private static void loadUntilServedBy(
      LoadedModel model, int inFlight, int width, String strategy) {
    loadUntilServedBy(model, inFlight, width, strategy, LONGER_THAN_A_TRIAL_NANOS);
  }

  private static void loadUntilServedBy(
      LoadedModel model, int inFlight, int width, String strategy, long forNanos) {
    Deque<CompletableFuture<InferenceResult>> futures = new ArrayDeque<>();
    long start = System.nanoTime();
    long since = start;
    while (System.nanoTime() - since < forNanos) {
      assertThat(since - start).as("served by another").isLessThan(LONGEST_NANOS);
      while (futures.size() < inFlight) {
        futures.add(model.submit(Tensor.of(new float[width], 1, width)));
      }
      if (!strategyOf(futures.remove()).equals(strategy)) {
        since = System.nanoTime();
      }
    }
    futures.forEach(AdaptiveTest::strategyOf);
  }

  private static String strategyOf(CompletableFuture<InferenceResult> future) {
    try (InferenceResult result = future.join()) {
      return result.served().strategy();
    }
  }

  @Test
  void load_from1To32AndBack_changesWhatServesIt() {
    try (InferenceExecutor executor = executor(FakeBackend.builder().model("slow", SLOW));
        LoadedModel model = executor.load(FakeModels.source("slow"))) {
      loadUntilServedBy(model, 1, "threads");
      loadUntilServedBy(model, 32, "batching");
      loadUntilServedBy(model, 1, "threads");

      assertThat(executor.decisions())
          .extracting(Decision::reason)
          .startsWith(Reason.STARTING_TABLE);
      assertThat(executor.stats().batching()).isNotNull();
      assertThat(executor.stats().served()).isPositive();
    }
  }

  @Test
  void strategies_notWanted_areNotStarted() {
    try (InferenceExecutor executor = executor(FakeBackend.builder().model("slow", SLOW));
        LoadedModel model = executor.load(FakeModels.source("slow"))) {
      loadUntilServedBy(model, 1, "threads");
      assertThat(executor.stats().batching()).isNull();
    }
  }

  /** Small requests start with batching, others try it; both once it is there. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2000})
  void choice_thatTakesLongToPrepare_keepsNobodyAndServesOnceItIsReady(int width) {
    Late late = new Late();
    FakeBackendBuilder parts = FakeBackend.builder().model("slow", SLOW).model("other", SLOW);
    try (InferenceExecutor executor = executor(parts, late, ExecutorSettings.DEFAULTS);
        LoadedModel model = executor.load(FakeModels.source("slow"));
        LoadedModel other = executor.load(FakeModels.source("other"))) {
      loadUntil(model, 32, width, () -> late.asked.getCount() == 0);
      loadUntil(other, 1, 1, () -> !reasons(executor, "other").isEmpty());
      loadUntilServedBy(model, 32, width, "threads");
      assertThat(reasons(executor, "slow"))
          .contains(Reason.STARTING_TABLE)
          .isSubsetOf(Reason.STARTING_TABLE, Reason.PREPARING);
      late.told.countDown();
      loadUntilServedBy(model, 32, width, "batching");
      boolean tried = reasons(executor, "slow").contains(Reason.FASTER);
      assertThat(tried).isEqualTo(width > 1);
    }
  }

  /** Its lanes have no requests of their own. The clock stands still: nobody counts as gone. */
  @Test
  void choice_preparedBesideWhatServes_warmsItsLanesUpOneByOne() {
    AtomicBoolean loaded = new AtomicBoolean();
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    FakeFunction counted =
        inputs -> {
          boolean counts = inputs.get(0).shape()[1] == 3 && loaded.get(); // the shape to warm up
          most.accumulateAndGet(counts ? now.incrementAndGet() : 0, Math::max);
          NamedTensors outputs = takesTime(inputs, counts ? 5000 : 300);
          now.addAndGet(counts ? -1 : 0);
          return outputs;
        };
    try (InferenceExecutor executor =
            InferenceExecutor.builder()
                .settings(BatchingContract.lanes(3, 1).withStrategy("adaptive"))
                .ticker(new ManualTicker())
                .backend(FakeBackend.builder().model("slow", counted).build())
                .strategy(new ThreadsProvider())
                .strategy(new BatchingProvider())
                .strategy(new AdaptiveProvider())
                .build();
        LoadedModel model =
            executor.load(
                FakeModels.source("slow")
                    .warmingUp(WarmUp.of(List.of(Map.of("x", new long[] {1, 3})))))) {
      model.whenReady().join();
      loaded.set(true);
      loadUntil(model, 32, 2000, () -> reasons(executor, "slow").contains(Reason.TRIAL));
      assertThat(most).hasValue(1);
    }
  }

  /** It runs as soon as it warms up, and could take requests. */
  @Test
  void choice_thatIsNotWarmYet_servesNothing() {
    CountDownLatch warmingUp = new CountDownLatch(1);
    CountDownLatch warm = new CountDownLatch(1);
    AtomicBoolean loaded = new AtomicBoolean();
    FakeFunction waiting =
        inputs -> {
          if (inputs.get(0).shape()[1] == 3 && loaded.get()) { // the shape to warm up with
            warmingUp.countDown();
            until(warm);
          }
          return takesTime(inputs);
        };
    try (InferenceExecutor executor = executor(FakeBackend.builder().model("slow", waiting));
        LoadedModel model =
            executor.load(
                FakeModels.source("slow")
                    .warmingUp(WarmUp.of(List.of(Map.of("x", new long[] {1, 3})))))) {
      model.whenReady().join();
      loaded.set(true);
      loadUntil(model, 32, 1, () -> warmingUp.getCount() == 0);
      loadUntilServedBy(model, 32, "threads");
      warm.countDown();
      loadUntilServedBy(model, 32, "batching");
    }
  }

  private static void until(CountDownLatch latch) {
    try {
      assertThat(latch.await(LONGEST_NANOS, TimeUnit.NANOSECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * What serves is slow while something else is prepared: that must not make the other look fast.
   */
  @Test
  void choice_thatDisturbsWhatServes_isComparedWithHowThatWasBefore() {
    Late late = new Late();
    FakeFunction disturbed =
        inputs -> {
          boolean preparing = late.asked.getCount() == 0 && late.told.getCount() > 0;
          long rows = inputs.get(0).shape()[0];
          long micros = preparing ? 1500 : rows == 1 ? 300 : 400 * rows;
          return takesTime(inputs, micros);
        };
    try (InferenceExecutor executor =
            executor(
                FakeBackend.builder().model("slow", disturbed), late, ExecutorSettings.DEFAULTS);
        LoadedModel model = executor.load(FakeModels.source("slow"))) {
      loadUntil(model, 8, 2000, () -> late.asked.getCount() == 0);
      loadUntilServedBy(model, 8, 2000, "threads", TWELVE_WINDOWS_NANOS);
      late.told.countDown();
      loadUntil(model, 8, 2000, () -> isTried(reasons(executor, "slow")));
      assertThat(reasons(executor, "slow"))
          .contains(Reason.TRIAL)
          .containsAnyOf(Reason.KEPT, Reason.RETREAT)
          .doesNotContain(Reason.FASTER);
    }
  }

  private static boolean isTried(Set<Reason> reasons) {
    return reasons.stream().anyMatch(Set.of(Reason.KEPT, Reason.RETREAT, Reason.FASTER)::contains);
  }

  /** Larger batches than may come to be would take the device's time from what serves. */
  @Test
  void choice_isWarmedUpForWhatIsInFlight() {
    Set<Long> sizes = ConcurrentHashMap.newKeySet();
    FakeFunction noting =
        inputs -> {
          sizes.add(inputs.get(0).shape()[0]);
          return takesTime(inputs);
        };
    Signature stated =
        new Signature(List.of(InputSpec.of("x", DType.FLOAT32, -1, -1)), List.of())
            .withIndependentRows();
    ModelSource source =
        FakeModels.source("noting")
            .warmingUp(WarmUp.of(List.of(Map.of("x", new long[] {1, 2000}))));
    BatchSizes powers = BatchSizes.of(2, 4, 8, 16, 32, 64);
    try (InferenceExecutor executor =
            executor(
                FakeBackend.builder().model("noting", stated, noting),
                new BatchingProvider(),
                ExecutorSettings.DEFAULTS.withBatching(
                    BatchingSettings.DEFAULTS.withSizes(powers)));
        LoadedModel model = executor.load(source)) {
      model.whenReady().join();
      assertThat(sizes).containsOnly(1L);
      loadUntil(model, 5, 2000, () -> reasons(executor, "noting").contains(Reason.TRIAL));
      assertThat(sizes).contains(8L).doesNotContain(16L, 32L, 64L);
    }
  }

  @Test
  void close_whileAChoiceIsPrepared_endsThat() throws Exception {
    Late late = new Late();
    try (InferenceExecutor executor =
            executor(FakeBackend.builder().model("slow", SLOW), late, ExecutorSettings.DEFAULTS);
        LoadedModel model = executor.load(FakeModels.source("slow"))) {
      loadUntil(model, 32, 1, () -> late.asked.getCount() == 0);
    }
    assertThat(late.interrupted.await(0, TimeUnit.SECONDS)).as("before close returned").isTrue();
  }

  @Test
  void choice_thatCannotStart_isLeftForAWhileAndServesLater() {
    ExecutorSettings soon =
        ExecutorSettings.DEFAULTS.withResilience(
            ResilienceSettings.DEFAULTS.withBreaker(
                new Breaker(20, 50, Duration.ofMillis(500), 3)));
    try (InferenceExecutor executor =
            executor(FakeBackend.builder().model("slow", SLOW), new Failing(), soon);
        LoadedModel model = executor.load(FakeModels.source("slow"))) {
      loadUntil(model, 32, 1, () -> reasons(executor, "slow").contains(Reason.FAILED));
      loadUntilServedBy(model, 1, "threads"); // for longer than the pause
      loadUntilServedBy(model, 32, "batching");
    }
  }

  @Test
  void adaptive_onlyLanesInstalled_servesAll() {
    try (InferenceExecutor executor =
            InferenceExecutor.builder()
                .settings(ExecutorSettings.DEFAULTS.withStrategy("adaptive"))
                .backend(FakeBackend.builder().model("slow", SLOW).build())
                .strategy(new AdaptiveProvider())
                .strategy(new ThreadsProvider())
                .build();
        LoadedModel model = executor.load(FakeModels.source("slow"))) {
      loadUntilServedBy(model, 32, "threads");
      assertThat(executor.decisions()).isEmpty();
    }
  }
}
