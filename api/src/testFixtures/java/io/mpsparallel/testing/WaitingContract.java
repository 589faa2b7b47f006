package io.mpsparallel.testing;

import static io.mpsparallel.testing.ContractAnswers.assertRight;
import static io.mpsparallel.testing.ContractAnswers.inputs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Requests that wait: deadlines, priorities, and those that nobody waits for any more. */
abstract class WaitingContract extends QueueContract {
  private static final int FIRST_LOOPS = 200;
  private static final int MOST_LOOPS = FIRST_LOOPS << 6;

  /** What a test hands in while the lane is busy. */
  @FunctionalInterface
  interface WhileBusy {
    /**
     * Hands it in.
     *
     * @param square a model
     * @return what to check once the lane is free
     * @throws Exception fails the test
     */
    Runnable handIn(LoadedModel square) throws Exception;
  }

  /**
   * Hands requests in while one lane is busy with a slow one. If that was over too soon, so that
   * nothing can be said, tries again with a slower one.
   */
  final void whileBusy(Ticker ticker, WhileBusy task) {
    for (int loops = FIRST_LOOPS; loops <= MOST_LOOPS; loops *= 2) {
      open(oneLane(), ticker);
      try (LoadedModel slow = loadSlow(loops);
          LoadedModel square = load(ContractModel.SQUARE)) {
        CompletableFuture<InferenceResult> busy = keep(slow.submit(urgent()));
        Runnable check = task.handIn(square);
        if (!busy.isDone()) {
          check.run();
          return;
        }
      } catch (Exception e) {
        throw new AssertionError("while the lane was busy: " + e, e);
      }
    }
    throw new AssertionError("the lane was never busy for long enough");
  }

  private static InferenceRequest urgent() {
    return InferenceRequest.of(floats(1)).withPriority(Priority.HIGH);
  }

  private static InferenceRequest square(float value) {
    return InferenceRequest.of(inputs(ContractModel.SQUARE, value));
  }

  private CompletableFuture<InferenceResult> submit(LoadedModel model, float value) {
    return keep(model.submit(square(value)));
  }

  private static void assertSquare(float value, CompletableFuture<InferenceResult> future) {
    assertRight(ContractModel.SQUARE, value, await(future));
  }

  @Test
  void submit_deadlinePassesInTheQueue_failsAndOthersGoOn() {
    ManualTicker ticker = new ManualTicker();
    whileBusy(
        ticker,
        model -> {
          Tensor x = floats(1);
          CompletableFuture<InferenceResult> late =
              keep(model.submit(InferenceRequest.of(x).withDeadline(Duration.ofMillis(10))));
          CompletableFuture<InferenceResult> patient =
              keep(model.submit(square(2).withDeadline(Duration.ofSeconds(10))));
          ticker.advance(Duration.ofMillis(11));
          return () -> {
            assertFails(late, ErrorCode.DEADLINE_EXCEEDED);
            assertThat(x.isClosed()).isTrue();
            assertSquare(2, patient);
          };
        });
  }

  @Test
  void submit_priorities_goFirstToLast() {
    whileBusy(
        Ticker.SYSTEM,
        model -> {
          List<String> order = new CopyOnWriteArrayList<>();
          List<CompletableFuture<Void>> waiting = new ArrayList<>();
          for (Priority priority : List.of(Priority.LOW, Priority.NORMAL, Priority.HIGH)) {
            for (int i = 0; i < 3; i++) {
              String name = priority + "-" + i;
              waiting.add(
                  keep(model.submit(square(i).withPriority(priority)))
                      .thenAccept(result -> order.add(name)));
            }
          }
          return () -> {
            waiting.forEach(StrategyBase::await);
            assertThat(order).isEqualTo(names(Priority.HIGH, Priority.NORMAL, Priority.LOW));
          };
        });
  }

  private static List<String> names(Priority... order) {
    List<String> names = new ArrayList<>();
    for (Priority priority : order) {
      IntStream.range(0, 3).forEach(i -> names.add(priority + "-" + i));
    }
    return names;
  }

  @Test
  void cancel_waiting_isNeverAnsweredAndOthersAre() {
    whileBusy(
        Ticker.SYSTEM,
        model -> {
          Tensor x = floats(1);
          CompletableFuture<InferenceResult> cancelled = keep(model.submit(x));
          CompletableFuture<InferenceResult> other = submit(model, 2);
          boolean taken = cancelled.cancel(false);
          return () -> {
            assertThat(taken).isTrue();
            assertSquare(2, other);
            assertThat(cancelled).isCancelled();
            assertThat(x.isClosed()).isTrue();
          };
        });
  }

  @Test
  void cancel_manyAtAnyMoment_disturbsNobody() {
    open();
    try (LoadedModel slow = loadSlow(2);
        LoadedModel model = load(ContractModel.SQUARE)) {
      for (int i = 0; i < repetitions(50); i++) {
        CompletableFuture<InferenceResult> cancelled = keep(slow.submit(floats(1)));
        CompletableFuture<InferenceResult> other = submit(model, i);
        if (i % 2 == 0) {
          callOnce(model, ContractModel.SQUARE, 3, true);
        }
        assertThat(cancelled.cancel(true) || cancelled.isDone()).isTrue();
        assertSquare(i, other);
      }
    }
  }

  @Test
  void infer_interruptedWhileItWaits_isCancelledWithItsFlagSet() {
    whileBusy(
        Ticker.SYSTEM,
        model -> {
          AtomicReference<Throwable> thrown = new AtomicReference<>();
          AtomicBoolean flag = new AtomicBoolean();
          NamedTensors borrowed = inputs(ContractModel.SQUARE, 1);
          onOtherThread(
              () -> {
                Thread.currentThread().interrupt();
                InferenceRequest request = InferenceRequest.of(borrowed);
                thrown.set(catchThrowable(() -> model.infer(request).close()));
                flag.set(Thread.interrupted());
              });
          return () -> {
            assertThat(thrown.get()).isInstanceOf(InferenceException.class);
            assertThat(((InferenceException) thrown.get()).code()).isEqualTo(ErrorCode.CANCELLED);
            assertThat(flag).as("interrupted").isTrue();
            assertThat(borrowed.tensors()).noneMatch(Tensor::isClosed);
            borrowed.close();
            callOnce(model, ContractModel.SQUARE, 2, true);
          };
        });
  }
}
