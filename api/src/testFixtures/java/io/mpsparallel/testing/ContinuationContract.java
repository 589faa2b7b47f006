package io.mpsparallel.testing;

import static io.mpsparallel.testing.ContractAnswers.inputs;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.ResultList;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What callers' code may do in a continuation, which may run on a lane. */
abstract class ContinuationContract extends WaitingContract {
  private static final int REQUESTS = 8;

  /** Slow enough that continuations are added before the answer, most of the time. */
  private static final int LOOPS = 20;

  /** Hands slow requests in, and then has each continued. */
  private <T> List<CompletableFuture<T>> continued(
      LoadedModel slow, Function<InferenceResult, T> continuation) {
    List<CompletableFuture<InferenceResult>> futures =
        IntStream.range(0, REQUESTS).mapToObj(i -> keep(slow.submit(floats(i)))).toList();
    return futures.stream().map(future -> future.thenApply(continuation)).toList();
  }

  @Test
  void continuation_submitsAgainAndAgain_isServed() {
    open();
    try (LoadedModel slow = loadSlow(LOOPS);
        LoadedModel square = load(ContractModel.SQUARE)) {
      List<CompletableFuture<InferenceResult>> ends = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        CompletableFuture<InferenceResult> last = keep(slow.submit(floats(1 + i)));
        for (int again = 0; again < 3; again++) {
          last = last.thenCompose(result -> again(square, result));
        }
        ends.add(keep(last));
      }
      for (int i = 0; i < REQUESTS; i++) {
        float expected = (float) Math.pow(1 + i, 8);
        assertThat(await(ends.get(i)).tensor().toFloatArray()).containsExactly(expected);
      }
    }
  }

  private static CompletableFuture<InferenceResult> again(
      LoadedModel square, InferenceResult result) {
    try (result) {
      return square.submit(result.tensor().share());
    }
  }

  @Test
  void continuation_infers_isServedOrRefused() {
    open();
    try (LoadedModel slow = loadSlow(LOOPS);
        LoadedModel square = load(ContractModel.SQUARE)) {
      for (CompletableFuture<Boolean> done : continued(slow, result -> servedOrRefused(square))) {
        assertThat(await(done)).isTrue();
      }
      callOnce(square, ContractModel.SQUARE, 3, true);
    }
  }

  private static boolean servedOrRefused(LoadedModel square) {
    try {
      callOnce(square, ContractModel.SQUARE, 2, false);
      return true;
    } catch (InferenceException e) {
      return e.code() == ErrorCode.MISUSE;
    }
  }

  @Test
  void continuation_maps_isServedOrRefused() {
    open();
    try (LoadedModel slow = loadSlow(LOOPS);
        LoadedModel square = load(ContractModel.SQUARE)) {
      for (CompletableFuture<Boolean> done : continued(slow, result -> mapped(square))) {
        assertThat(await(done)).isTrue();
      }
      callOnce(square, ContractModel.SQUARE, 3, true);
    }
  }

  /** Whether it was served or refused, with its inputs closed. */
  private static boolean mapped(LoadedModel square) {
    List<Tensor> mine = List.of(floats(1), floats(2));
    try (ResultList results = square.map(mine)) {
      return results.size() == 2 && mine.stream().allMatch(Tensor::isClosed);
    } catch (InferenceException e) {
      return e.code() == ErrorCode.MISUSE && mine.stream().allMatch(Tensor::isClosed);
    }
  }

  @Test
  void continuation_throws_othersAreAnswered() {
    open();
    try (LoadedModel slow = loadSlow(LOOPS)) {
      List<CompletableFuture<Object>> broken =
          continued(
              slow,
              result -> {
                throw new IllegalStateException("scripted");
              });
      CompletableFuture<InferenceResult> other = keep(slow.submit(floats(5)));
      assertThat(await(other).tensor().toFloatArray()).containsExactly(5);
      assertThat(broken).allSatisfy(future -> assertThat(future).failsWithin(PATIENCE));
    }
  }

  @Test
  void continuation_closesItsModel_othersAreAnswered() {
    open();
    LoadedModel slow = loadSlow(LOOPS);
    try (LoadedModel square = load(ContractModel.SQUARE)) {
      List<CompletableFuture<Void>> closing =
          continued(
              slow,
              result -> {
                slow.close();
                return null;
              });
      closing.forEach(StrategyBase::await);
      assertFails(slow.submit(floats(1)), ErrorCode.CLOSED);
      callOnce(square, ContractModel.SQUARE, 3, true);
    }
  }

  @Test
  void continuation_closesTheExecutor_leavesNoRequestUndone() {
    open(timeouts(PATIENCE, PATIENCE.multipliedBy(10)));
    LoadedModel slow = loadSlow(LOOPS);
    CompletableFuture<Void> closing =
        keep(slow.submit(floats(1))).thenAccept(result -> executor.close());
    List<CompletableFuture<InferenceResult>> others = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      others.add(keep(slow.submit(floats(2))));
    }
    await(closing);
    executor.close();
    others.forEach(StrategyBase::assertAnsweredOrClosed);
  }

  @Test
  void continuation_ofAFailure_submitsAgain() {
    open();
    try (LoadedModel raising = load(ContractModel.RAISING);
        LoadedModel square = load(ContractModel.SQUARE)) {
      CompletableFuture<InferenceResult> recovered =
          raising
              .submit(floats(1))
              .exceptionallyCompose(
                  failure -> square.submit(InferenceRequest.of(inputs(ContractModel.SQUARE, 4))));
      assertAnswered(ContractModel.SQUARE, 4, recovered);
    }
  }
}
