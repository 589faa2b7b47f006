package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.testing.ManualTicker;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;

/** An executor over a fake backend, and the check that nothing of it is left. */
abstract class ExecutorFixture {
  /** Every output of the model {@code tracked}, to see that it was closed. */
  final List<Tensor> outputs = new CopyOnWriteArrayList<>();

  /** The threads that computed {@code tracked}. */
  final List<Thread> threads = new CopyOnWriteArrayList<>();

  final ManualTicker ticker = new ManualTicker();
  FakeBackend fake;
  InferenceExecutor executor;

  abstract FakeBackendBuilder parts();

  void open() {
    open(ExecutorSettings.DEFAULTS);
  }

  void open(ExecutorSettings settings) {
    fake = parts().settings(settings.backendSettings()).model("tracked", this::tracked).build();
    executor =
        InferenceExecutor.builder()
            .settings(settings)
            .backend(fake)
            .strategy(new SingleLaneProvider())
            .ticker(ticker)
            .build();
  }

  static ExecutorSettings timeouts(Duration event, Duration close) {
    return ExecutorSettings.DEFAULTS.withBackendSettings(
        BackendSettings.DEFAULTS.withTimeouts(event, close));
  }

  /** x + 1 for one value; fails for a negative one. */
  private NamedTensors tracked(NamedTensors inputs) {
    float value = inputs.get(0).toFloatArray()[0];
    threads.add(Thread.currentThread());
    if (value < 0) {
      throw new InferenceException(ErrorCode.MODEL_FAILED, "negative: " + value);
    }
    Tensor output = value(value + 1);
    outputs.add(output);
    return NamedTensors.of(output);
  }

  LoadedModel load(String name) {
    return executor.load(FakeModels.source(name));
  }

  static Tensor value(float value) {
    return Tensor.of(new float[] {value}, 1);
  }

  /** Occupies the lane: one forward of a model that waits at the shut turnstile. */
  CompletableFuture<InferenceResult> occupy(LoadedModel model) {
    fake.turnstile().shut();
    CompletableFuture<InferenceResult> held = model.submit(value(0));
    fake.turnstile().awaitWaiting(1);
    return held;
  }

  static float answer(CompletableFuture<InferenceResult> future) {
    try (InferenceResult result = future.orTimeout(30, TimeUnit.SECONDS).join()) {
      return result.tensor().toFloatArray()[0];
    }
  }

  static void assertFails(ErrorCode code, ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    Throwable failure = thrown instanceof CompletionException ? thrown.getCause() : thrown;
    assertThat(failure).isInstanceOf(InferenceException.class);
    assertThat(((InferenceException) failure).code()).as(failure.getMessage()).isEqualTo(code);
  }

  static void assertFails(ErrorCode code, CompletableFuture<InferenceResult> future) {
    assertFails(code, () -> future.orTimeout(30, TimeUnit.SECONDS).join().close());
  }

  @AfterEach
  void assertNothingLeft() {
    fake.turnstile().open();
    executor.close();
    fake.close();
    fake.counts().assertNothingOpen();
    assertThat(outputs).allMatch(Tensor::isClosed);
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .noneMatch(name -> name.startsWith("mps-parallel-"));
  }
}
