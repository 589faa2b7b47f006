package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.adaptive.AdaptiveProvider;
import io.mpsparallel.policy.Decision;
import io.mpsparallel.policy.Reason;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.FakeFunction;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.threads.ThreadsProvider;
import io.mpsparallel.work.InferenceResult;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Forwards that take real time, so that there is something to find out. */
@Timeout(60)
final class AdaptiveTest {
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long LONGER_THAN_A_TRIAL_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);
  private static final FakeFunction SLOW = AdaptiveTest::takesTime;

  /** As long for many rows as for one: batches pay. */
  private static NamedTensors takesTime(NamedTensors inputs) {
    long end = System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(300);
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    return NamedTensors.of(inputs.get(0).share());
  }

  private static InferenceExecutor executor(FakeBackendBuilder parts) {
    return InferenceExecutor.builder()
        .settings(ExecutorSettings.DEFAULTS.withStrategy("adaptive"))
        .backend(parts.build())
        .strategy(new ThreadsProvider())
        .strategy(new BatchingProvider())
        .strategy(new AdaptiveProvider())
        .build();
  }

  /** Keeps so many requests in flight until one strategy has served all of them for a while. */
  private static void loadUntilServedBy(LoadedModel model, int inFlight, String strategy) {
    Deque<CompletableFuture<InferenceResult>> futures = new ArrayDeque<>();
    long start = System.nanoTime();
    long since = start;
    while (System.nanoTime() - since < LONGER_THAN_A_TRIAL_NANOS) {
      assertThat(since - start).as("served by another").isLessThan(LONGEST_NANOS);
      while (futures.size() < inFlight) {
        futures.add(model.submit(Tensor.of(new float[] {1}, 1, 1)));
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
