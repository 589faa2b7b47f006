package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.ProcessSettings.Limits;
import io.mpsparallel.settings.ProcessSettings.Restart;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackendProvider;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** An executor over workers that are no processes. */
@Timeout(60)
abstract class ProcessesFixture {
  static final Duration SOON = Duration.ofMillis(300);
  static final Duration NEVER = Duration.ofHours(1);

  final FakeLauncher launcher = new FakeLauncher();
  InferenceExecutor executor;
  ParallelismStrategy strategy;
  LoadedModel model;

  /** The strategy over fake workers. */
  private final class FakeProcesses implements StrategyProvider {
    @Override
    public String id() {
      return ProcessesProvider.ID;
    }

    @Override
    public boolean servesSources() {
      return true;
    }

    @Override
    public Backend open(
        BackendProvider engine, ExecutorSettings settings, List<StrategyProvider> installed) {
      return ProcessBackend.open(engine.id(), settings, launcher);
    }

    @Override
    public ParallelismStrategy create(StrategyContext context) {
      strategy = new ProcessesStrategy(context);
      return strategy;
    }
  }

  static ExecutorSettings workers(int workers) {
    ProcessSettings quick =
        ProcessSettings.DEFAULTS
            .withWorkers(workers)
            .withLimits(new Limits(NEVER, NEVER, 0, 0))
            .withRestart(new Restart(Duration.ofMillis(1), Duration.ofMillis(20), 5));
    return ExecutorSettings.DEFAULTS
        .withBackendSettings(BackendSettings.DEFAULTS.withTimeouts(NEVER, Duration.ofSeconds(3)))
        .withProcesses(quick)
        .withLanes(LaneSettings.DEFAULTS.withDepth(1));
  }

  static ExecutorSettings limits(int workers, Limits limits) {
    ExecutorSettings settings = workers(workers);
    return settings.withProcesses(settings.processes().withLimits(limits));
  }

  void open(ExecutorSettings settings) {
    open(settings, Ticker.SYSTEM);
  }

  void open(ExecutorSettings settings, Ticker ticker) {
    executor =
        InferenceExecutor.builder()
            .settings(settings)
            .ticker(ticker)
            .strategy(new FakeProcesses())
            .backend(new FakeBackendProvider())
            .build();
    model = executor.load(ModelSource.of(Path.of("any.fake")));
    awaitServing(executor.stats().lanes());
  }

  /** Until so many workers have loaded the model. */
  void awaitServing(int workers) {
    FakeLauncher.await(
        () -> launcher.living().stream().filter(w -> !w.models().isEmpty()).count() == workers);
    FakeLauncher.await(() -> executor.stats().busy() == 0);
  }

  static Tensor floats(float... values) {
    return Tensor.of(values, values.length);
  }

  CompletableFuture<InferenceResult> submit(float value) {
    return model.submit(floats(value));
  }

  /** On a thread of its own, since it blocks. */
  CompletableFuture<Float> infer(float value) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (Tensor x = floats(value);
              InferenceResult result = model.infer(x)) {
            return result.tensor().toFloatArray()[0];
          }
        },
        task -> new Thread(task, "caller").start());
  }

  static float answer(CompletableFuture<InferenceResult> future) {
    try (InferenceResult result = future.orTimeout(5, TimeUnit.SECONDS).join()) {
      return result.tensor().toFloatArray()[0];
    }
  }

  static void assertFails(CompletableFuture<?> future, ErrorCode code) {
    assertThat(failure(future).code()).isEqualTo(code);
  }

  static InferenceException failure(CompletableFuture<?> future) {
    CompletionException thrown =
        catchThrowableOfType(
            CompletionException.class, () -> future.orTimeout(5, TimeUnit.SECONDS).join());
    assertThat(thrown).as("a failure").isNotNull();
    assertThat(thrown.getCause()).isInstanceOf(InferenceException.class);
    return (InferenceException) thrown.getCause();
  }

  void assertServes() {
    assertThat(answer(submit(3))).isEqualTo(9);
    assertThat(infer(4).orTimeout(5, TimeUnit.SECONDS).join()).isEqualTo(16);
  }

  @AfterEach
  void close() {
    launcher.release();
    if (executor != null) {
      executor.close();
    }
    assertThat(launcher.living()).isEmpty();
    launcher.all().forEach(worker -> assertThat(worker.isClosed()).as("its link").isTrue());
    assertThat(leftThreads()).as("threads").isEmpty();
  }

  private static List<String> leftThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().matches("mps-parallel-(worker-.*|supervisor)"))
        .filter(ProcessesFixture::isLeft)
        .map(Thread::getName)
        .toList();
  }

  private static boolean isLeft(Thread thread) {
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return thread.isAlive();
  }

  static @Nullable Throwable thrownBy(Runnable task) {
    return org.assertj.core.api.Assertions.catchThrowable(task::run);
  }
}
