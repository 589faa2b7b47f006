package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.ResultList;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The bound on requests that wait. */
abstract class QueueContract extends FailureContract {
  private static final int LOOPS = 50;
  private static final int MOST_TRIES = 2_000;

  private ExecutorSettings queue(int capacity, Duration wait) {
    return oneLane().withQueue(capacity, wait);
  }

  @Test
  void submit_fullQueue_isOverloadedAndLosesNothing() {
    open(queue(4, Duration.ZERO));
    List<CompletableFuture<InferenceResult>> accepted = new ArrayList<>();
    try (LoadedModel slow = loadSlow(LOOPS)) {
      InferenceException failure = fill(slow, accepted);
      assertThat(failure.code()).isEqualTo(ErrorCode.OVERLOADED);
      assertThat(failure.getMessage()).as("depth and limit").containsPattern("\\b4 .*limit: 4\\b");
      assertThat(accepted).hasSizeGreaterThanOrEqualTo(4);
      for (int i = 0; i < accepted.size(); i++) {
        assertThat(await(accepted.get(i)).tensor().toFloatArray()).containsExactly(i);
      }
    }
  }

  /** Submits until one is refused, which must have closed its input. */
  private InferenceException fill(
      LoadedModel slow, List<CompletableFuture<InferenceResult>> accepted) {
    for (int i = 0; i < MOST_TRIES; i++) {
      Tensor x = floats(i);
      CompletableFuture<InferenceResult> future = keep(slow.submit(x));
      if (future.isCompletedExceptionally()) {
        assertThat(x.isClosed()).as("input of a refused request").isTrue();
        return (InferenceException) catchThrowable(() -> await(future).close());
      }
      accepted.add(future);
    }
    throw new AssertionError("nothing was refused");
  }

  @Test
  void infer_fullQueueWithoutWait_isOverloadedAndKeepsItsInput() {
    open(queue(2, Duration.ZERO));
    try (LoadedModel slow = loadSlow(LOOPS);
        Tensor x = floats(1)) {
      assertThat(refusedInfer(slow, x).code()).isEqualTo(ErrorCode.OVERLOADED);
      assertThat(x.isClosed()).as("borrowed").isFalse();
    }
  }

  /** Between filling the queue and inferring, a place may come free: then tries again. */
  private InferenceException refusedInfer(LoadedModel slow, Tensor x) {
    for (int i = 0; i < MOST_TRIES; i++) {
      fill(slow, new ArrayList<>());
      try (InferenceResult result = slow.infer(x)) {
        assertThat(result.tensor().toFloatArray()).containsExactly(1);
      } catch (InferenceException e) {
        return e;
      }
    }
    throw new AssertionError("no infer was refused");
  }

  @Test
  void infer_fullQueueWithWait_isServed() {
    open(queue(1, PATIENCE));
    int times = repetitions(10);
    try (LoadedModel slow = loadSlow(1)) {
      inParallel(
          8,
          thread -> {
            for (int i = 0; i < times; i++) {
              try (Tensor x = floats(thread, i);
                  InferenceResult result = slow.infer(x)) {
                assertThat(result.tensor().toFloatArray()).containsExactly(thread, i);
              }
            }
          });
    }
  }

  @Test
  void map_moreThanTheQueueHolds_isServed() {
    open(queue(2, PATIENCE));
    try (LoadedModel slow = loadSlow(1);
        ResultList results = slow.map(IntStream.range(0, 50).mapToObj(i -> floats(i)).toList())) {
      for (int i = 0; i < 50; i++) {
        assertThat(results.get(i).tensor().toFloatArray()).containsExactly(i);
      }
    }
  }
}
