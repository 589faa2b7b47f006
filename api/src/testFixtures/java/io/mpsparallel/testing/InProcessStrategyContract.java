package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.settings.ResilienceSettings.Breaker;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.work.InferenceResult;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * The suite that every strategy must pass which runs its forwards in this process. On top of {@link
 * StrategyContract}, forwards are held back at a turnstile, fail by script and are counted; after
 * each test no model, slot, stream or event may be open. Model files come from the suite. A
 * subclass says what is under test ({@code strategyUnderTest}), what the engine is like ({@code
 * parts}), and how many requests the strategy keeps in flight ({@code inFlight}); it may put
 * something around the engine ({@code engine}).
 *
 * <p>The tests of this class break something; those of its superclasses hold the device.
 */
public abstract class InProcessStrategyContract extends HeldContract {
  private static final Duration DEVICE_TIMEOUT = Duration.ofMillis(500);

  private static final Breaker BREAKER = new Breaker(4, 50, Duration.ofHours(1), 1);
  private static final String RESTART = "restart the process, or use worker processes";

  /** For subclasses. */
  protected InProcessStrategyContract() {}

  private static InferenceException scripted(ErrorCode code) {
    return new InferenceException(code, "scripted");
  }

  private static void assertUsable(LoadedModel model) {
    assertThat(infer(model, 1)).isEqualTo(2);
    assertThat(answer(model.submit(floats(2)))).isEqualTo(3);
  }

  @Test
  void forward_failsByScript_failsAlone() {
    open();
    try (LoadedModel model = loadTracked()) {
      fake.faults().failForward(2, scripted(ErrorCode.UNSUPPORTED_VALUE));
      assertThat(infer(model, 1)).isEqualTo(2);
      assertFails(() -> infer(model, 1), ErrorCode.UNSUPPORTED_VALUE);
      assertUsable(model);
    }
  }

  /** A strategy may run what a lane lost on another one. */
  @Test
  void lane_lost_failsItsRequestAtMost() {
    open();
    try (LoadedModel model = loadTracked()) {
      fake.faults().failRun(scripted(ErrorCode.LANE_LOST));
      CompletableFuture<InferenceResult> lost = submit(model, 1);
      try {
        assertThat(answer(lost)).isEqualTo(2);
      } catch (InferenceException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.LANE_LOST);
      }
      assertUsable(model);
    }
  }

  @Test
  void run_outOfMemory_isToldAndLeavesTheLanesUsable() {
    open();
    try (LoadedModel model = loadTracked()) {
      fake.faults().outOfMemoryOnce();
      assertFails(() -> infer(model, 1), ErrorCode.OUT_OF_MEMORY);
      assertUsable(model);
      fake.faults().outOfMemoryOnce();
      assertFails(submit(model, 1), ErrorCode.OUT_OF_MEMORY);
      assertUsable(model);
    }
  }

  @Test
  void device_fails_isToldAndLeavesTheLanesUsable() {
    open();
    try (LoadedModel model = loadTracked()) {
      failDevice();
      assertFails(() -> infer(model, 1), ErrorCode.DEVICE_FAILED);
      assertUsable(model);
      failDevice();
      assertFails(submit(model, 1), ErrorCode.DEVICE_FAILED);
      assertUsable(model);
    }
  }

  private void failDevice() {
    if (isAsynchronous()) {
      fake.faults().failOnDevice(scripted(ErrorCode.DEVICE_FAILED));
    } else {
      fake.faults().failRun(scripted(ErrorCode.DEVICE_FAILED));
    }
  }

  @Test
  void device_failsForGood_isToldWithAdviceAndLeftAlone() {
    open(settings().withResilience(ResilienceSettings.DEFAULTS.withBreaker(BREAKER)));
    LoadedModel model = loadTracked();
    assertUsable(model);
    fake.faults().breakForGood(executor.device(), scripted(ErrorCode.DEVICE_FAILED));
    assertFails(submit(model, 1), ErrorCode.DEVICE_FAILED);
    assertThat(executor.snapshot().ready()).as("one failure").isTrue();
    assertThat(assertFails(() -> infer(model, 1), ErrorCode.DEVICE_FAILED))
        .hasMessageContaining(RESTART);
    assertFails(submit(model, 2), ErrorCode.DEVICE_FAILED);
    assertFails(() -> model.map(List.of(floats(3))), ErrorCode.DEVICE_FAILED);
    assertThat(assertFails(() -> infer(model, 4), ErrorCode.CIRCUIT_OPEN))
        .hasMessageContaining(RESTART);
    assertThat(executor.snapshot().places().get(0).open()).isTrue();
    assertThat(executor.snapshot().ready()).isFalse();
    model.close();
    executor.close();
  }

  @Test
  void device_failsForGoodUnderOthers_leavesNoRequestUndone() {
    open();
    try (LoadedModel model = loadTracked()) {
      List<CompletableFuture<InferenceResult>> all = occupy(model);
      for (int i = 0; i < 5; i++) {
        all.add(submit(model, i));
      }
      fake.faults().breakForGood(executor.device(), scripted(ErrorCode.DEVICE_FAILED));
      fake.turnstile().open();
      all.forEach(InProcessStrategyContract::assertAnsweredOrDeviceFailed);
      assertFails(submit(model, 1), ErrorCode.DEVICE_FAILED, ErrorCode.CIRCUIT_OPEN);
      assertFails(() -> infer(model, 1), ErrorCode.DEVICE_FAILED, ErrorCode.CIRCUIT_OPEN);
    }
  }

  private static void assertAnsweredOrDeviceFailed(CompletableFuture<InferenceResult> future) {
    try {
      assertThat(answer(future)).isPositive();
    } catch (InferenceException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.DEVICE_FAILED);
    }
  }

  /** Where forwards are synchronous nobody waits for an event: the request is answered late. */
  @Test
  void device_hangs_isToldWhereItCanBeAndLeavesTheLanesUsable() {
    open(timeouts(DEVICE_TIMEOUT, PATIENCE));
    try (LoadedModel model = loadTracked()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model);
      if (isAsynchronous()) {
        held.forEach(future -> assertFails(future, ErrorCode.DEVICE_TIMEOUT));
      }
      fake.turnstile().open();
      if (!isAsynchronous()) {
        held.forEach(future -> assertThat(answer(future)).isEqualTo(1));
      }
      assertUsable(model);
    }
  }

  @Test
  void close_deviceHangs_leavesNoRequestUndone() {
    open(timeouts(DEVICE_TIMEOUT, Duration.ofMillis(100)));
    LoadedModel model = loadTracked();
    List<CompletableFuture<InferenceResult>> held = occupy(model);
    List<CompletableFuture<InferenceResult>> waiting = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      waiting.add(submit(model, i));
    }
    executor.close();
    assertThat(held).allMatch(CompletableFuture::isCompletedExceptionally);
    assertThat(waiting).allMatch(CompletableFuture::isDone);
    waiting.forEach(future -> assertFails(future, ErrorCode.CLOSED));
  }

  @Test
  void close_engineHandedOver_leavesItOpen() {
    open();
    try (LoadedModel model = loadTracked()) {
      assertUsable(model);
      executor.close();
    }
    assertThat(fake.isClosed()).isFalse();
    fake.counts().assertNothingOpen();
  }

  @Test
  void continuation_interruptsItsThread_othersAreAnswered() {
    open();
    try (LoadedModel model = loadTracked()) {
      List<CompletableFuture<Void>> interrupting =
          occupy(model).stream()
              .map(future -> future.thenRun(() -> Thread.currentThread().interrupt()))
              .toList();
      fake.turnstile().open();
      interrupting.forEach(StrategyBase::await);
      for (int i = 0; i < 2 * inFlight(); i++) {
        assertThat(answer(submit(model, i))).isEqualTo(i + 1);
      }
    }
  }

  @Test
  void continuation_throwsAnError_othersAreAnswered() {
    open();
    try (LoadedModel model = loadTracked()) {
      List<CompletableFuture<Void>> broken =
          occupy(model).stream().map(future -> future.thenRun(this::throwError)).toList();
      fake.turnstile().open();
      for (int i = 0; i < 2 * inFlight(); i++) {
        assertThat(answer(submit(model, i))).isEqualTo(i + 1);
      }
      assertThat(broken).allSatisfy(future -> assertThat(future).failsWithin(PATIENCE));
    }
  }

  private void throwError() {
    throw new AssertionError("scripted");
  }

  @Test
  void releaseAction_throws_requestIsAnsweredAndOthersToo() {
    open();
    try (LoadedModel model = loadTracked()) {
      for (int i = 0; i < 2 * inFlight(); i++) {
        assertThat(answer(keep(model.submit(failingToClose())))).isEqualTo(1);
      }
      assertUsable(model);
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
  void slots_ofAForgottenModel_areClosed() {
    open();
    try (LoadedModel other = load(ContractModel.SQUARE)) {
      callOnce(other, ContractModel.SQUARE, 2, true);
      int before = fake.counts().open(FakeCounts.Kind.SLOTS);
      try (LoadedModel model = loadTracked()) {
        assertUsable(model);
      }
      fake.counts().awaitClosed(FakeCounts.Kind.SLOTS, before); // a busy lane does it later
    }
  }
}
