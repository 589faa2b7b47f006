package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeCounts.Kind;
import io.mpsparallel.work.InferenceResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who is answered what when something fails, and what that costs. */
class FaultsTest extends BatchingFixture {
  private static float[] valuesWithBad(int requests, int... bad) {
    float[] values = new float[requests];
    for (int i = 0; i < requests; i++) {
      values[i] = i + 1;
    }
    for (int i : bad) {
      values[i] = -values[i];
    }
    return values;
  }

  private static void assertOnlyBadFail(
      List<CompletableFuture<InferenceResult>> futures, float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0) {
        assertFails(futures.get(i), ErrorCode.MODEL_FAILED, "negative: " + values[i]);
      } else {
        assertThat(answer(futures.get(i))).containsExactly(values[i] + 1);
      }
    }
  }

  @Test
  void oneBad_in64_failsAloneWithItsOwnError() {
    open(oneLane());
    try (LoadedModel model = load()) {
      float[] values = valuesWithBad(64, 41);
      assertOnlyBadFail(together(model, values), values);
      assertThat(forwards).hasSizeLessThanOrEqualTo(1 + 1 + 13);
      assertThat(stats().bisections()).isPositive();
      assertThat(stats().batches()).isEqualTo(2);
    }
  }

  @Test
  void oneBad_anywhere_costsAtMostTwiceTheLogarithmAndOne() {
    open(oneLane());
    try (LoadedModel model = load()) {
      for (int requests = 2; requests <= 17; requests++) {
        double most = 2 * Math.log(requests) / Math.log(2) + 1;
        for (int bad = 0; bad < requests; bad++) {
          forwards.clear();
          float[] values = valuesWithBad(requests, bad);
          assertOnlyBadFail(together(model, values), values);
          assertThat(forwards.size() - 2.0).as("%d of %d", bad, requests).isLessThanOrEqualTo(most);
        }
      }
    }
  }

  @Test
  void severalBad_in64_failAlone() {
    open(BatchingContract.lanes(1, 1));
    try (LoadedModel model = load()) {
      float[] values = valuesWithBad(64, 0, 1, 30, 63);
      assertOnlyBadFail(together(model, values), values);
      assertThat(forwards.size()).isLessThanOrEqualTo(2 + 4 * 13);
    }
  }

  @Test
  void allBad_eachFailsWithItsOwnError() {
    open(oneLane());
    try (LoadedModel model = load()) {
      float[] values = valuesWithBad(7, 0, 1, 2, 3, 4, 5, 6);
      assertOnlyBadFail(together(model, values), values);
    }
  }

  @Test
  void oneBad_onSeveralDeepLanes_failsAlone() {
    open(BatchingContract.lanes(3, 4), FakeBackend.builder().asynchronous());
    try (LoadedModel model = load()) {
      for (int round = 0; round < 20; round++) {
        float[] values = valuesWithBad(64, round * 3);
        List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
        for (float value : values) {
          futures.add(model.submit(rows(value)));
        }
        assertOnlyBadFail(futures, values);
      }
    }
  }

  @Test
  void run_outOfMemory_failsTheBatchWithoutDividingIt() {
    open(oneLane());
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      List<CompletableFuture<InferenceResult>> futures =
          IntStream.range(0, 8).mapToObj(i -> model.submit(rows(i))).toList();
      fake.faults().outOfMemoryOnce();
      release(held);
      futures.forEach(future -> assertFails(future, ErrorCode.OUT_OF_MEMORY, "scripted"));
      assertThat(stats().bisections()).isZero();
      assertThat(forwards).hasSize(1);
      assertThat(answer(model.submit(rows(1)))).containsExactly(2);
    }
  }

  @Test
  void input_closedByItsCaller_failsAlone() {
    open(oneLane());
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      Tensor closed = rows(2);
      CompletableFuture<InferenceResult> first = model.submit(rows(1));
      CompletableFuture<InferenceResult> bad = model.submit(closed);
      CompletableFuture<InferenceResult> last = model.submit(rows(3));
      closed.close();
      release(held);
      assertThat(answer(first)).containsExactly(2);
      assertThat(answer(last)).containsExactly(4);
      assertFails(bad, ErrorCode.CLOSED, "(closed)");
    }
  }

  // ---- models that cannot be batched ----

  @Test
  void model_whoseOutputsDoNotFollow_isFoundOutAndServedOneByOne() {
    open(oneLane());
    try (LoadedModel first = load("first-row");
        LoadedModel model = load()) {
      for (int round = 0; round < 2; round++) {
        List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
        int before = fake.counts().forwards();
        List<CompletableFuture<InferenceResult>> futures =
            IntStream.range(0, 5).mapToObj(i -> first.submit(rows(i, 9))).toList();
        release(held);
        for (int i = 0; i < 5; i++) {
          try (InferenceResult result = await(futures.get(i))) {
            assertThat(result.tensor().toFloatArray()).containsExactly(i);
            assertThat(result.served().batchRequests()).isEqualTo(1);
          }
        }
        assertThat(fake.counts().forwards() - before).isEqualTo(round == 0 ? 6 : 5);
      }
    }
  }

  /** One acquisition of the gate and one commit for all. */
  @Test
  void model_thatCannotBeBatched_runsBackToBackOnAGpu() {
    Signature fixed = new Signature(List.of(InputSpec.of("x", DType.FLOAT32, 1, 1)), List.of());
    open(oneLane(), FakeBackend.builder().apple().model("fixed", fixed, this::plus));
    try (LoadedModel model = load("fixed")) {
      await(model.whenReady());
      forwards.clear();
      int runs = fake.counts().total(Kind.RUNS);
      float[] values = valuesWithBad(8, 3);
      assertOnlyBadFail(together(model, values), values);
      assertThat(forwards).hasSize(9).allMatch(forward -> forward.size() == 1);
      assertThat(fake.counts().total(Kind.RUNS) - runs).isEqualTo(2);
      assertThat(stats().bisections()).isZero();
    }
  }

  @Test
  void model_thatFailsForSeveralRows_isFoundOut() {
    open(oneLane(), FakeBackend.builder().model("one-row", this::oneRow));
    try (LoadedModel model = load("one-row")) {
      float[] values = valuesWithBad(16);
      assertOnlyBadFail(together(model, values), values);
      forwards.clear();
      assertOnlyBadFail(together(model, values), values);
      assertThat(forwards).hasSize(17);
    }
  }

  private NamedTensors oneRow(NamedTensors inputs) {
    if (inputs.get(0).spec().dim(0) != 1) {
      forwards.add(List.of());
      throw new InferenceException(ErrorCode.MODEL_FAILED, "only one row");
    }
    return plus(inputs);
  }

  @Test
  void model_thatStatesNothing_isNotBatchedIfThatIsNotAssumed() {
    open(oneLane().withBatching(batching().withAssumeIndependentRows(false)));
    try (LoadedModel model = load()) {
      together(model, 1, 2, 3).forEach(BatchingFixture::answer);
      assertThat(forwards).hasSize(4);
    }
  }

  // ---- lanes that die, callers that leave ----

  /** An input whose release kills the thread that answers. */
  private static Tensor deadly() {
    return Tensor.adopt(
        ByteBuffer.allocateDirect(4),
        TensorSpec.of(DType.FLOAT32, 1, 1),
        () -> {
          throw new StackOverflowError("scripted");
        });
  }

  @Test
  void laneThread_diesWhileItAnswersABatch_othersHaveTheirAnswers() {
    open(oneLane());
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      CompletableFuture<InferenceResult> before = model.submit(rows(1));
      CompletableFuture<InferenceResult> deadly = model.submit(deadly());
      CompletableFuture<InferenceResult> after = model.submit(rows(2));
      release(held);
      assertThat(answer(before)).containsExactly(2);
      assertThat(answer(after)).containsExactly(3);
      assertFails(deadly, ErrorCode.LANE_LOST, "died");
      assertThat(answer(model.submit(rows(5)))).containsExactly(6);
      assertThat(executor.stats().replaced()).isEqualTo(1);
    }
  }

  @Test
  void requests_cancelledInFlight_closeTheirRows() {
    open(oneLane());
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      CompletableFuture<InferenceResult> first = model.submit(rows(1));
      CompletableFuture<InferenceResult> second = model.submit(rows(2));
      fake.turnstile().admit(1);
      fake.counts().awaitOpen(Kind.FORWARDS, 1);
      fake.turnstile().awaitWaiting(1);
      await(held.get(0)).close();
      assertThat(first.cancel(false)).isTrue();
      fake.turnstile().open();
      assertThat(answer(second)).containsExactly(3);
      assertThat(first).isCancelled();
    }
  }
}
