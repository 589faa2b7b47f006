package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;

/** An executor of lanes over a fake engine whose model {@code plus} adds one. */
abstract class ThreadsFixture {
  private static final long PATIENCE_SECONDS = 30;

  /** The threads that computed {@code plus}. */
  final List<Thread> threads = new CopyOnWriteArrayList<>();

  FakeBackend fake;
  InferenceExecutor executor;
  ParallelismStrategy strategy;

  private final class Captured implements StrategyProvider {
    private final ThreadsProvider inner = new ThreadsProvider();

    @Override
    public String id() {
      return inner.id();
    }

    @Override
    public ParallelismStrategy create(StrategyContext context) {
      strategy = inner.create(context);
      return strategy;
    }
  }

  void open(ExecutorSettings settings) {
    open(settings, FakeBackend.builder());
  }

  void open(ExecutorSettings settings, FakeBackendBuilder parts) {
    open(settings, parts, Ticker.SYSTEM);
  }

  void open(ExecutorSettings settings, FakeBackendBuilder parts, Ticker ticker) {
    fake = parts.settings(settings.backendSettings()).model("plus", this::plus).build();
    executor =
        InferenceExecutor.builder()
            .settings(settings)
            .ticker(ticker)
            .backend(fake)
            .strategy(new Captured())
            .build();
  }

  /** Waits until every lane's thread has stepped off: a caller's thread may run then. */
  void awaitIdle() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (executor.stats().busy() > 0) {
      assertThat(System.nanoTime()).as("a lane is still busy").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private NamedTensors plus(NamedTensors inputs) {
    threads.add(Thread.currentThread());
    return NamedTensors.of(value(inputs.get(0).toFloatArray()[0] + 1));
  }

  @AfterEach
  void closeAll() {
    if (fake != null) {
      fake.turnstile().open();
      executor.close();
      fake.close();
    }
  }

  LoadedModel load() {
    return executor.load(FakeModels.source("plus"));
  }

  static Tensor value(float value) {
    return Tensor.of(new float[] {value}, 1);
  }

  /** Submits so many requests, one after another, each of which reaches the device and is held. */
  List<CompletableFuture<InferenceResult>> hold(LoadedModel model, int requests) {
    fake.turnstile().shut();
    List<CompletableFuture<InferenceResult>> held = new ArrayList<>();
    for (int i = 1; i <= requests; i++) {
      held.add(model.submit(value(0)));
      fake.turnstile().awaitWaiting(i);
    }
    return held;
  }

  static float answer(CompletableFuture<InferenceResult> future) {
    try (InferenceResult result = await(future)) {
      return result.tensor().toFloatArray()[0];
    }
  }

  static <T> T await(Future<T> future) {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new AssertionError("failed", e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("not done", e);
    }
  }

  /** Calls infer on a thread of its own. */
  static FutureTask<Float> caller(LoadedModel model, float value) {
    FutureTask<Float> call =
        new FutureTask<>(
            () -> {
              try (Tensor x = value(value);
                  InferenceResult result = model.infer(x)) {
                return result.tensor().toFloatArray()[0];
              }
            });
    Thread thread = new Thread(call, "caller");
    thread.setDaemon(true);
    thread.start();
    return call;
  }

  void assertUsable(LoadedModel model) {
    assertThat(answer(model.submit(value(1)))).isEqualTo(2);
    assertThat(await(caller(model, 2))).isEqualTo(3);
  }
}
