package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Priority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Requests that wait while the device is held, to the last one. */
abstract class HeldContract extends InProcessBase {
  private final ManualTicker ticker = new ManualTicker();

  @Test
  void callers_8Times100_runEachRequestOnce() {
    open();
    int times = repetitions(100);
    try (LoadedModel model = loadTracked()) {
      inParallel(
          8,
          thread -> {
            for (int i = 0; i < times; i++) {
              float value = thread * 1000 + i;
              float answer = i % 2 == 0 ? infer(model, value) : answer(submit(model, value));
              assertThat(answer).isEqualTo(value + 1);
            }
          });
    }
    assertThat(computed).hasSize(8 * times).doesNotHaveDuplicates();
  }

  @Test
  void submit_fullQueueWhileHeld_isOverloadedAtTheBound() {
    open(settings().withQueue(4, Duration.ofMillis(1)), ticker);
    try (LoadedModel model = loadTracked()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model);
      List<CompletableFuture<InferenceResult>> waiting = new ArrayList<>();
      for (int i = 1; i <= 4; i++) {
        waiting.add(submit(model, i));
      }
      assertRefusesOneMore(model);
      fake.turnstile().open();
      held.forEach(future -> assertThat(answer(future)).isEqualTo(1));
      for (int i = 1; i <= 4; i++) {
        assertThat(answer(waiting.get(i - 1))).isEqualTo(i + 1);
      }
    }
    assertThat(computed).hasSize(inFlight() + 4);
  }

  private static void assertRefusesOneMore(LoadedModel model) {
    Tensor owned = floats(9);
    assertThat(assertFails(model.submit(owned), ErrorCode.OVERLOADED))
        .hasMessageContaining("4 requests wait (limit: 4)");
    assertThat(owned.isClosed()).isTrue();
    try (Tensor borrowed = floats(8)) {
      assertFails(() -> model.infer(borrowed).close(), ErrorCode.OVERLOADED);
      assertThat(borrowed.isClosed()).as("borrowed").isFalse();
    }
  }

  @Test
  void submit_deadlinePassesWhileHeld_failsBeforeTheDevice() {
    open(settings(), ticker);
    try (LoadedModel model = loadTracked()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model);
      Tensor late = floats(1);
      CompletableFuture<InferenceResult> tooLate =
          keep(model.submit(InferenceRequest.of(late).withDeadline(Duration.ofMillis(10))));
      CompletableFuture<InferenceResult> patient =
          keep(model.submit(InferenceRequest.of(floats(2)).withDeadline(Duration.ofSeconds(10))));
      ticker.advance(Duration.ofMillis(11));
      fake.turnstile().open();
      assertFails(tooLate, ErrorCode.DEADLINE_EXCEEDED);
      held.forEach(future -> assertThat(answer(future)).isEqualTo(1));
      assertThat(answer(patient)).isEqualTo(3);
      assertThat(late.isClosed()).isTrue();
    }
    assertThat(computed).doesNotContain(1f);
  }

  @Test
  void submit_fullOfExpired_findsRoom() {
    open(settings().withQueue(1, Duration.ZERO), ticker);
    try (LoadedModel model = loadTracked()) {
      occupy(model);
      CompletableFuture<InferenceResult> expired =
          keep(model.submit(InferenceRequest.of(floats(1)).withDeadline(Duration.ofMillis(10))));
      ticker.advance(Duration.ofMillis(11));
      CompletableFuture<InferenceResult> next = submit(model, 2);
      assertFails(expired, ErrorCode.DEADLINE_EXCEEDED);
      assertThat(next).isNotDone();
      fake.turnstile().open();
      assertThat(answer(next)).isEqualTo(3);
    }
  }

  @Test
  void submit_prioritiesWhileHeld_reachTheDeviceFirstToLast() {
    open(oneLane(), ticker);
    try (LoadedModel model = loadTracked()) {
      occupy(model, 1);
      List<CompletableFuture<InferenceResult>> waiting = new ArrayList<>();
      for (Priority priority : List.of(Priority.LOW, Priority.NORMAL, Priority.HIGH)) {
        for (int i = 0; i < 2; i++) {
          Tensor x = floats(waiting.size() + 1);
          waiting.add(keep(model.submit(InferenceRequest.of(x).withPriority(priority))));
        }
      }
      fake.turnstile().open();
      waiting.forEach(InProcessBase::answer);
    }
    assertThat(computed).containsExactly(0f, 5f, 6f, 3f, 4f, 1f, 2f);
  }

  @Test
  void cancel_waitingWhileHeld_neverRuns() {
    open();
    try (LoadedModel model = loadTracked()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model);
      Tensor x = floats(7);
      CompletableFuture<InferenceResult> cancelled = keep(model.submit(x));
      assertThat(cancelled.cancel(false)).isTrue();
      CompletableFuture<InferenceResult> next = submit(model, 2);
      fake.turnstile().open();
      held.forEach(future -> assertThat(answer(future)).isEqualTo(1));
      assertThat(answer(next)).isEqualTo(3);
      executor.close();
      assertThat(x.isClosed()).isTrue();
    }
    assertThat(computed).doesNotContain(7f);
  }

  @Test
  void cancel_running_closesTheOutputs() {
    open();
    try (LoadedModel model = loadTracked()) {
      for (CompletableFuture<InferenceResult> running : occupy(model)) {
        assertThat(running.cancel(false)).isTrue();
      }
      fake.turnstile().open();
      assertThat(answer(submit(model, 2))).isEqualTo(3);
    }
    executor.close();
    assertThat(outputs).hasSize(inFlight() + 1).allMatch(Tensor::isClosed);
  }

  @Test
  void infer_interruptedWhileHeld_isCancelledAndKeepsItsInput() {
    open();
    try (LoadedModel model = loadTracked();
        Tensor x = floats(1)) {
      List<CompletableFuture<InferenceResult>> held = occupy(model);
      onOtherThread(
          () -> {
            Thread.currentThread().interrupt();
            assertFails(() -> model.infer(x).close(), ErrorCode.CANCELLED);
            assertThat(Thread.interrupted()).as("flag").isTrue();
          });
      fake.turnstile().open();
      held.forEach(future -> assertThat(answer(future)).isEqualTo(1));
      assertThat(x.toFloatArray()).containsExactly(1);
    }
  }

  @Test
  void modelClose_workHeld_keepsTheModelUntilItIsAnswered() {
    open();
    LoadedModel model = loadTracked();
    List<CompletableFuture<InferenceResult>> futures = new ArrayList<>(occupy(model));
    futures.add(submit(model, 0));
    futures.add(submit(model, 0));
    model.close();
    model.close();
    assertFails(model.submit(floats(3)), ErrorCode.CLOSED);
    assertThat(fake.counts().open(FakeCounts.Kind.MODELS)).isEqualTo(1);
    fake.turnstile().open();
    futures.forEach(future -> assertThat(answer(future)).isEqualTo(1));
    assertThat(strategy.drain(PATIENCE)).isTrue();
    fake.counts().awaitClosed(FakeCounts.Kind.MODELS, 0);
    fake.counts().awaitClosed(FakeCounts.Kind.SLOTS, 0);
  }

  @Test
  void drain_workHeld_waitsForIt() {
    open();
    LoadedModel model = loadTracked();
    List<CompletableFuture<InferenceResult>> futures = new ArrayList<>(occupy(model));
    futures.add(submit(model, 0));
    assertThat(strategy.drain(Duration.ofMillis(1))).isFalse();
    assertFails(model.submit(floats(1)), ErrorCode.CLOSED);
    fake.turnstile().open();
    assertThat(strategy.drain(PATIENCE)).isTrue();
    assertThat(futures).allMatch(CompletableFuture::isDone);
    futures.forEach(future -> assertThat(answer(future)).isEqualTo(1));
  }

  @Test
  void apply_workHeld_runsEachRequestOnce() {
    open();
    try (LoadedModel model = loadTracked()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model);
      List<CompletableFuture<InferenceResult>> waiting = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        waiting.add(submit(model, 10 + i));
        strategy.apply(plan(1 + i % 4));
      }
      fake.turnstile().open();
      held.forEach(future -> assertThat(answer(future)).isEqualTo(1));
      for (int i = 0; i < 20; i++) {
        assertThat(answer(waiting.get(i))).isEqualTo(11 + i);
      }
    }
    assertThat(computed).hasSize(inFlight() + 20);
  }
}
