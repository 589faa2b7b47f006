package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.threads.ThreadsProvider;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;

/**
 * An executor of batches on lanes, over a fake engine with a model {@code plus}: x + 1 for each
 * row, and a failure if any value is negative.
 */
abstract class BatchingFixture {
  private static final long PATIENCE_SECONDS = 30;

  /** The values of each forward of {@code plus}, in order. */
  final List<List<Float>> forwards = new CopyOnWriteArrayList<>();

  FakeBackend fake;
  InferenceExecutor executor;

  static ExecutorSettings oneLane() {
    return BatchingContract.lanes(1, 1);
  }

  static BatchingSettings batching() {
    return BatchingSettings.DEFAULTS;
  }

  void open(ExecutorSettings settings) {
    open(settings, FakeBackend.builder(), Ticker.SYSTEM);
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
            .strategy(new BatchingProvider())
            .strategy(new ThreadsProvider())
            .build();
  }

  NamedTensors plus(NamedTensors inputs) {
    Tensor x = inputs.get(0);
    float[] values = x.toFloatArray();
    List<Float> seen = new ArrayList<>();
    for (float value : values) {
      seen.add(value);
    }
    forwards.add(seen);
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0) {
        throw new InferenceException(ErrorCode.MODEL_FAILED, "negative: " + values[i]);
      }
      values[i]++;
    }
    return NamedTensors.of(Tensor.of(values, x.shape()));
  }

  @AfterEach
  void closeAll() {
    if (fake != null) {
      fake.turnstile().open();
      executor.close();
      fake.close();
      fake.counts().assertNothingOpen();
    }
  }

  /** Waits until every lane's thread has stepped off: a caller's thread may run then. */
  void awaitIdle() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (executor.stats().busy() > 0) {
      assertThat(System.nanoTime()).as("a lane is still busy").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  LoadedModel load(String name) {
    return executor.load(FakeModels.source(name));
  }

  LoadedModel load() {
    return load("plus");
  }

  /** Shuts the turnstile, and occupies so many lanes with a request for 0 each. */
  List<CompletableFuture<InferenceResult>> occupy(LoadedModel model, int lanes) {
    fake.turnstile().shut();
    List<CompletableFuture<InferenceResult>> held = new ArrayList<>();
    for (int i = 1; i <= lanes; i++) {
      held.add(model.submit(rows(0)));
      fake.turnstile().awaitWaiting(i);
    }
    return held;
  }

  /** Lets everything through, and sees the requests of {@link #occupy} answered. */
  void release(List<CompletableFuture<InferenceResult>> held) {
    fake.turnstile().open();
    held.forEach(future -> assertThat(answer(future)).containsExactly(1));
  }

  /**
   * Submits the values while the lane is held, lets them go as one batch, and gives the futures.
   */
  List<CompletableFuture<InferenceResult>> together(LoadedModel model, float... values) {
    List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
    List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
    for (float value : values) {
      futures.add(model.submit(rows(value)));
    }
    release(held);
    return futures;
  }

  /** A tensor of rows of one value. */
  static Tensor rows(float... values) {
    return Tensor.of(values, values.length, 1);
  }

  static float[] answer(CompletableFuture<InferenceResult> future) {
    try (InferenceResult result = await(future)) {
      return result.tensor().toFloatArray();
    }
  }

  static <T> T await(CompletableFuture<T> future) {
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

  static void assertFails(CompletableFuture<InferenceResult> future, ErrorCode code, String text) {
    Throwable thrown = catchThrowable(() -> await(future).close());
    assertThat(thrown).isInstanceOf(InferenceException.class).hasMessageContaining(text);
    assertThat(((InferenceException) thrown).code()).isEqualTo(code);
  }

  BatchStats stats() {
    return Objects.requireNonNull(executor.stats().batching());
  }
}
