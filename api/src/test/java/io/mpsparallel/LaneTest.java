package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.work.InferenceResult;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What callers' own code may do on the lane, in continuations and release actions. */
final class LaneTest extends ExecutorFixture {
  @Override
  FakeBackendBuilder parts() {
    return FakeBackend.builder();
  }

  @Test
  void map_fromAContinuationOnTheLane_isMisuseAndClosesItsInputs() {
    open();
    try (LoadedModel model = load("tracked")) {
      CompletableFuture<InferenceResult> held = occupy(model);
      List<Tensor> inputs = List.of(value(1), value(2));
      CompletableFuture<ResultList> chained =
          held.thenApply(
              first -> {
                first.close();
                return model.map(inputs);
              });
      fake.turnstile().open();
      assertFails(ErrorCode.MISUSE, () -> chained.orTimeout(5, TimeUnit.SECONDS).join().close());
      assertThat(inputs).allMatch(Tensor::isClosed);
    }
  }

  @Test
  void continuation_interruptsTheLane_othersAreAnswered() {
    open();
    try (LoadedModel model = load("tracked")) {
      CompletableFuture<InferenceResult> held = occupy(model);
      CompletableFuture<Void> interrupting =
          held.thenAccept(
              first -> {
                first.close();
                Thread.currentThread().interrupt();
              });
      fake.turnstile().open();
      interrupting.orTimeout(5, TimeUnit.SECONDS).join();
      assertThat(answer(model.submit(value(1)))).isEqualTo(2);
      assertThat(answer(model.submit(value(2)))).isEqualTo(3);
    }
  }

  @Test
  void releaseAction_throws_requestIsAnsweredAndTheLaneGoesOn() {
    open();
    try (LoadedModel model = load("tracked")) {
      assertThat(answer(model.submit(failingToClose()))).isEqualTo(1);
      assertThat(answer(model.submit(value(2)))).isEqualTo(3);
    }
  }

  private static Tensor failingToClose() {
    return Tensor.adopt(
        ByteBuffer.allocateDirect(4),
        TensorSpec.of(DType.FLOAT32, 1),
        () -> {
          throw new IllegalStateException("scripted");
        });
  }

  @Test
  void executorClose_fromAContinuationOnTheLane_waitsForNobody() throws InterruptedException {
    open(timeouts(Duration.ofSeconds(30), Duration.ofMinutes(5)));
    LoadedModel model = load("tracked");
    CompletableFuture<InferenceResult> held = occupy(model);
    CompletableFuture<Thread> closing =
        held.thenApply(
            first -> {
              first.close();
              executor.close();
              return Thread.currentThread();
            });
    CompletableFuture<InferenceResult> waiting = model.submit(value(1));
    fake.turnstile().open();
    Thread lane = closing.orTimeout(5, TimeUnit.SECONDS).join();
    assertFails(ErrorCode.CLOSED, waiting);
    lane.join(TimeUnit.SECONDS.toMillis(30)); // nobody else waits for it
  }
}
