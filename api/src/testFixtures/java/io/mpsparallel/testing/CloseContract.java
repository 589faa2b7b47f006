package io.mpsparallel.testing;

import static io.mpsparallel.testing.ContractAnswers.assertRight;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The end of executors and models, with and without work under way. */
abstract class CloseContract extends ContinuationContract {
  private static final int REQUESTS = 20;

  private List<CompletableFuture<InferenceResult>> submitted(LoadedModel model) {
    return IntStream.range(0, REQUESTS).mapToObj(i -> keep(model.submit(floats(i)))).toList();
  }

  private static void assertAllAnswered(List<CompletableFuture<InferenceResult>> futures) {
    for (int i = 0; i < futures.size(); i++) {
      assertThat(await(futures.get(i)).tensor().toFloatArray()).containsExactly(i);
    }
  }

  private void assertRefuses(LoadedModel model) {
    try (Tensor borrowed = floats(1)) {
      assertFails(() -> model.infer(borrowed).close(), ErrorCode.CLOSED);
      assertThat(borrowed.isClosed()).isFalse();
    }
    Tensor owned = floats(1);
    assertFails(model.submit(owned), ErrorCode.CLOSED);
    assertThat(owned.isClosed()).isTrue();
    List<Tensor> mapped = List.of(floats(1), floats(2));
    assertFails(() -> model.map(mapped).close(), ErrorCode.CLOSED);
    assertThat(mapped).allMatch(Tensor::isClosed);
  }

  @Test
  void close_workWaits_answersItFirst() {
    open(timeouts(PATIENCE, PATIENCE));
    List<CompletableFuture<InferenceResult>> futures = submitted(loadSlow(2));
    executor.close();
    assertThat(futures).allMatch(CompletableFuture::isDone);
    assertAllAnswered(futures);
  }

  @Test
  void close_workWaitsForLongerThanAllowed_leavesNoneUndone() {
    open(timeouts(PATIENCE, Duration.ofMillis(1)));
    List<CompletableFuture<InferenceResult>> futures = submitted(loadSlow(300));
    executor.close();
    assertThat(futures).allMatch(CompletableFuture::isDone);
    assertThat(futures).anyMatch(CompletableFuture::isCompletedExceptionally);
  }

  @Test
  void close_twice_isHarmlessAndRefusesAllWork() {
    open();
    LoadedModel model = load(ContractModel.SQUARE);
    callOnce(model, ContractModel.SQUARE, 2, true);
    executor.close();
    executor.close();
    assertRefuses(model);
    assertFails(() -> load(ContractModel.SQUARE).close(), ErrorCode.CLOSED);
    model.close();
    model.close();
  }

  @Test
  void close_from4ThreadsAtOnce_isHarmless() {
    open();
    List<CompletableFuture<InferenceResult>> futures = submitted(loadSlow(2));
    inParallel(4, thread -> executor.close());
    executor.close();
    futures.forEach(StrategyBase::assertAnsweredOrClosed);
  }

  @Test
  void close_idle_leavesNoThread() {
    for (int round = 0; round < repetitions(10); round++) {
      open();
      LoadedModel model = load(ContractModel.SQUARE);
      callOnce(model, ContractModel.SQUARE, round, round % 2 == 0);
      executor.close();
      assertNoThreadLeft();
    }
  }

  @Test
  void close_while8ThreadsCall_answersOrRefuses() {
    assertCallersEnd(settings());
  }

  @Test
  void close_while8ThreadsWaitForRoom_answersOrRefuses() {
    assertCallersEnd(settings().withQueue(1, PATIENCE));
  }

  private void assertCallersEnd(ExecutorSettings settings) {
    for (int round = 0; round < repetitions(10); round++) {
      open(settings);
      LoadedModel model = load(ContractModel.SQUARE);
      CountDownLatch warm = new CountDownLatch(8);
      inParallel(
          9,
          thread -> {
            if (thread == 8) {
              warm.await();
              executor.close();
            } else {
              callUntilClosed(model, thread, warm);
            }
          });
    }
  }

  /** Infers and submits in turns; a full queue refuses what is submitted. */
  private static void callUntilClosed(LoadedModel model, int thread, CountDownLatch warm) {
    for (int i = 0; ; i++) {
      try {
        callOnce(model, ContractModel.SQUARE, thread + i % 50, i % 2 == 1);
      } catch (InferenceException e) {
        if (e.code() == ErrorCode.CLOSED) {
          return;
        }
        assertThat(e.code()).as(e.getMessage()).isEqualTo(ErrorCode.OVERLOADED);
      }
      if (i == 0) {
        warm.countDown();
      }
    }
  }

  @Test
  void modelClose_workInFlight_isAnsweredFirst() {
    open();
    LoadedModel slow = loadSlow(2);
    List<CompletableFuture<InferenceResult>> futures = submitted(slow);
    slow.close();
    slow.close();
    assertRefuses(slow);
    assertAllAnswered(futures);
  }

  @Test
  void modelClose_while4ThreadsCall_answersOrRefuses() {
    open();
    try (LoadedModel other = load(ContractModel.ADD)) {
      for (int round = 0; round < repetitions(10); round++) {
        LoadedModel model = load(ContractModel.SQUARE);
        CountDownLatch warm = new CountDownLatch(4);
        inParallel(
            5,
            thread -> {
              if (thread == 4) {
                warm.await();
                model.close();
              } else {
                callUntilClosed(model, thread, warm);
              }
            });
        callOnce(other, ContractModel.ADD, round, true);
      }
    }
  }

  @Test
  void model_loadedAgainAndAgain_answers() {
    open();
    for (int round = 0; round < repetitions(20); round++) {
      try (LoadedModel model = load(ContractModel.SQUARE)) {
        callOnce(model, ContractModel.SQUARE, round, true);
        callOnce(model, ContractModel.SQUARE, round, false);
      }
    }
  }

  @Test
  void models_severalAtOnce_areKeptApart() {
    open();
    List<LoadedModel> models = new ArrayList<>();
    ContractAnswers.MODELS.forEach(kind -> models.add(load(kind)));
    for (int i = 0; i < repetitions(10); i++) {
      float value = i;
      List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
      for (ContractModel kind : ContractAnswers.MODELS) {
        InferenceRequest request = InferenceRequest.of(ContractAnswers.inputs(kind, value));
        futures.add(keep(models.get(futures.size()).submit(request)));
      }
      int next = 0;
      for (ContractModel kind : ContractAnswers.MODELS) {
        assertRight(kind, value, await(futures.get(next++)));
      }
    }
    models.forEach(LoadedModel::close);
  }

  @Test
  void load_missingFile_isNotFoundAndOthersGoOn() {
    open();
    try (LoadedModel model = load(ContractModel.SQUARE)) {
      ModelSource missing = ModelSource.of(directory.resolve("missing.pt"));
      assertFails(() -> executor.load(missing).close(), ErrorCode.MODEL_NOT_FOUND);
      callOnce(model, ContractModel.SQUARE, 2, true);
    }
  }

  @Test
  void drain_workWaits_answersItAndRefusesMore() {
    open();
    LoadedModel slow = loadSlow(2);
    List<CompletableFuture<InferenceResult>> futures = submitted(slow);
    assertThat(strategy.drain(PATIENCE)).isTrue();
    assertThat(futures).allMatch(CompletableFuture::isDone);
    assertAllAnswered(futures);
    assertRefuses(slow);
    assertThat(strategy.drain(Duration.ZERO)).as("again").isTrue();
  }

  @Test
  void drain_withoutTime_saysThatWorkIsLeft() {
    whileBusy(
        Ticker.SYSTEM,
        model -> {
          CompletableFuture<InferenceResult> waiting = keep(model.submit(floats(3)));
          boolean drained = strategy.drain(Duration.ZERO);
          return () -> {
            assertThat(drained).isFalse();
            assertRefuses(model);
            assertThat(strategy.drain(PATIENCE)).isTrue();
            assertThat(await(waiting).tensor().toFloatArray()).containsExactly(9);
          };
        });
  }
}
