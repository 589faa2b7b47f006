package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.work.InferenceResult;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Over a device whose forwards are done when the call returns. */
final class SynchronousExecutorTest extends ExecutorCases {
  @Override
  FakeBackendBuilder parts() {
    return FakeBackend.builder();
  }

  @Test
  void infer_idle_runsOnTheCallersThread() {
    open();
    try (LoadedModel model = load("tracked");
        Tensor x = value(1)) {
      model.infer(x).close();
      assertThat(threads).containsExactly(Thread.currentThread());
    }
  }

  @Test
  void submit_idle_runsOnTheLane() {
    open();
    try (LoadedModel model = load("tracked")) {
      answer(model.submit(value(1)));
      assertThat(threads).extracting(Thread::getName).containsExactly("mps-parallel-lane-cpu");
    }
  }

  @Test
  void infer_fromAContinuationOnTheLane_runsThere() {
    open();
    try (LoadedModel model = load("tracked")) {
      CompletableFuture<InferenceResult> held = occupy(model);
      CompletableFuture<InferenceResult> chained =
          held.thenApply(
              first -> {
                try (first) {
                  return model.infer(first.tensor());
                }
              });
      fake.turnstile().open();
      assertThat(answer(chained)).isEqualTo(2);
    }
  }

  @Test
  void infer_fromAContinuationOfAFailure_runsThere() {
    open();
    try (LoadedModel model = load("tracked")) {
      fake.turnstile().shut();
      CompletableFuture<InferenceResult> failing = model.submit(value(-1));
      fake.turnstile().awaitWaiting(1);
      CompletableFuture<InferenceResult> chained =
          failing.handle(
              (none, failure) -> {
                try (Tensor x = value(1)) {
                  return model.infer(x);
                }
              });
      fake.turnstile().open();
      assertThat(answer(chained)).isEqualTo(2);
    }
  }
}
