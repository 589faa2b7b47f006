package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** One lane over a device whose forwards are done when the call returns. */
final class SingleSynchronousTest extends SingleContract {
  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder();
  }

  @Test
  void infer_idle_runsOnTheCallersThread() {
    open();
    try (LoadedModel model = loadTracked()) {
      infer(model, 1);
      assertThat(threads).containsExactly(Thread.currentThread());
    }
  }

  @Test
  void submit_idle_runsOnTheLane() {
    open();
    try (LoadedModel model = loadTracked()) {
      answer(submit(model, 1));
      assertThat(threads).extracting(Thread::getName).containsExactly("mps-parallel-lane-cpu");
    }
  }

  @Test
  void infer_fromAContinuationOnTheLane_runsThere() {
    open();
    try (LoadedModel model = loadTracked()) {
      CompletableFuture<InferenceResult> chained =
          occupy(model).get(0).thenApply(first -> model.infer(first.tensor()));
      fake.turnstile().open();
      assertThat(answer(chained)).isEqualTo(2);
      assertThat(threads).hasSize(2).containsOnly(threads.get(0));
    }
  }

  @Test
  void infer_fromAContinuationOfAFailure_runsThere() {
    open();
    try (LoadedModel model = loadTracked();
        Tensor x = floats(1)) {
      fake.turnstile().shut();
      CompletableFuture<InferenceResult> failing = submit(model, -1);
      fake.turnstile().awaitWaiting(1);
      CompletableFuture<InferenceResult> chained =
          failing.handle((none, failure) -> model.infer(x));
      fake.turnstile().open();
      assertThat(answer(chained)).isEqualTo(2);
      assertThat(threads).hasSize(2).containsOnly(threads.get(0));
    }
  }
}
