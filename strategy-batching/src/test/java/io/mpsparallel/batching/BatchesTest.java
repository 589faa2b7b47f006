package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BatchSizes;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.strategy.BatchStats.Reason;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.testing.ManualTicker;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Priority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is put together, and who gets which rows. */
class BatchesTest extends BatchingFixture {
  @Test
  void requests_thatWait_shareOneForward() {
    open(oneLane());
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> futures = together(model, 0, 1, 2, 3, 4);
      for (int i = 0; i < 5; i++) {
        try (InferenceResult result = await(futures.get(i))) {
          assertThat(result.tensor().toFloatArray()).containsExactly(i + 1);
          assertThat(result.tensor().shape()).containsExactly(1, 1);
          assertThat(result.served().strategy()).isEqualTo("batching");
          assertThat(result.served().batchRequests()).isEqualTo(5);
        }
      }
      assertThat(forwards).containsExactly(List.of(0f), List.of(0f, 1f, 2f, 3f, 4f));
      BatchStats stats = stats();
      assertThat(stats.batches()).isEqualTo(2);
      assertThat(stats.requests()).isEqualTo(6);
      assertThat(stats.meanRows()).isEqualTo(3);
      assertThat(stats.meanWait()).isPositive();
      assertThat(stats.reasons()).isEqualTo(Map.of(Reason.LANE_FREE, 2L));
    }
  }

  @Test
  void requests_ofMixedRows_getTheirOwn() {
    open(oneLane());
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
      int[] sizes = {1, 2, 4, 1, 3, 2, 1, 4};
      float next = 0;
      for (int size : sizes) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
          values[i] = next++;
        }
        futures.add(model.submit(rows(values)));
      }
      release(held);
      float expected = 1;
      for (int i = 0; i < sizes.length; i++) {
        float[] answer = answer(futures.get(i));
        assertThat(answer).hasSize(sizes[i]);
        for (float value : answer) {
          assertThat(value).isEqualTo(expected++);
        }
      }
      assertThat(forwards).hasSize(2);
      assertThat(forwards.get(1)).hasSize(18);
    }
  }

  /** The limit is one of rows, not of requests. */
  @Test
  void requests_moreRowsThanAllowed_makeSeveralBatches() {
    open(oneLane().withBatching(batching().withMost(8, 1 << 20)));
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      List<CompletableFuture<InferenceResult>> futures =
          IntStream.range(0, 5).mapToObj(i -> model.submit(rows(i, i, i))).toList();
      CompletableFuture<InferenceResult> large = model.submit(rows(new float[20]));
      release(held);
      futures.forEach(future -> assertThat(answer(future)).hasSize(3));
      assertThat(answer(large)).hasSize(20);
      assertThat(forwards).extracting(List::size).containsExactly(1, 6, 6, 3, 20);
      assertThat(stats().reasons()).isEqualTo(Map.of(Reason.LANE_FREE, 1L, Reason.FULL, 4L));
    }
  }

  @Test
  void requests_moreBytesThanAllowed_makeSeveralBatches() {
    open(oneLane().withBatching(batching().withMost(64, 16)));
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> futures = together(model, 0, 1, 2, 3, 4, 5, 6, 7, 8);
      futures.forEach(BatchingFixture::answer);
      assertThat(forwards).extracting(List::size).containsExactly(1, 4, 4, 1);
    }
  }

  /** One odd shape must not fail, or wait for, all. */
  @Test
  void requests_ofOtherShapesAndTypes_areKeptApart() {
    open(oneLane());
    try (LoadedModel square = load("square");
        LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        futures.add(square.submit(rows(2)));
        futures.add(square.submit(Tensor.of(new float[] {2, 2}, 1, 2)));
        futures.add(square.submit(Tensor.of(new double[] {2}, 1, 1)));
        futures.add(square.submit(Tensor.of(new float[] {2}, 1)));
        futures.add(square.submit(Tensor.of(new float[] {2})));
        futures.add(model.submit(rows(2)));
      }
      int before = fake.counts().forwards();
      release(held);
      for (CompletableFuture<InferenceResult> future : futures) {
        try (InferenceResult result = await(future)) {
          assertThat(result.tensor().spec().elements()).isPositive();
        }
      }
      assertThat(fake.counts().forwards() - before).isEqualTo(5 + 3);
    }
  }

  @Test
  void requests_ofSeveralInputs_areStackedEach() {
    open(oneLane());
    try (LoadedModel add = load("add");
        LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        futures.add(add.submit(InferenceRequest.of(NamedTensors.of(rows(i, i), rows(10, 20)))));
      }
      CompletableFuture<InferenceResult> mixed =
          add.submit(InferenceRequest.of(NamedTensors.of(rows(1, 2), rows(1))));
      release(held);
      for (int i = 0; i < 4; i++) {
        assertThat(answer(futures.get(i))).containsExactly(10 + i, 20 + i);
      }
      assertFails(mixed, ErrorCode.MODEL_FAILED, "sizes do not match");
      assertThat(fake.counts().forwards()).isEqualTo(1 + 1 + 1);
    }
  }

  @Test
  void outputs_severalAndAliasesOfInputs_areRight() {
    open(oneLane());
    try (LoadedModel dict = load("dict");
        LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      List<CompletableFuture<InferenceResult>> futures =
          IntStream.range(0, 4).mapToObj(i -> dict.submit(rows(i))).toList();
      release(held);
      for (int i = 0; i < 4; i++) {
        try (InferenceResult result = await(futures.get(i))) {
          assertThat(result.tensor("same").toFloatArray()).containsExactly(i);
          assertThat(result.tensor("square").toFloatArray()).containsExactly(i * i);
          assertThat(result.served().batchRequests()).isEqualTo(4);
        }
      }
    }
  }

  /** Rows are views with one owner: closing one answer leaves the others readable. */
  @Test
  void answers_oneIsClosed_othersStay() {
    open(oneLane());
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      CompletableFuture<InferenceResult> first = model.submit(rows(1));
      CompletableFuture<InferenceResult> second = model.submit(rows(2));
      release(held);
      await(first).close();
      try (InferenceResult result = await(second)) {
        assertThat(result.tensor().toFloatArray()).containsExactly(3);
      }
    }
  }

  @Test
  void priorities_inOneQueue_goFirstToLast() {
    open(oneLane().withBatching(batching().withMost(2, 1 << 20)));
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
      for (Priority priority : List.of(Priority.LOW, Priority.NORMAL, Priority.HIGH)) {
        for (int i = 0; i < 3; i++) {
          InferenceRequest request = InferenceRequest.of(rows(futures.size()));
          futures.add(model.submit(request.withPriority(priority)));
        }
      }
      release(held);
      futures.forEach(BatchingFixture::answer);
      assertThat(forwards.stream().flatMap(List::stream).skip(1))
          .containsExactly(6f, 7f, 8f, 3f, 4f, 5f, 0f, 1f, 2f);
    }
  }

  @Test
  void requests_cancelledOrExpired_leaveBeforeTheBatchIsFormed() {
    ManualTicker ticker = new ManualTicker();
    open(oneLane().withBatching(batching().withMost(4, 1 << 20)), FakeBackend.builder(), ticker);
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        InferenceRequest request = InferenceRequest.of(rows(i));
        futures.add(
            model.submit(i % 4 == 1 ? request.withDeadline(Duration.ofMillis(5)) : request));
      }
      assertThat(futures.get(2).cancel(false)).isTrue();
      assertThat(futures.get(6).cancel(false)).isTrue();
      ticker.advance(Duration.ofMillis(6));
      release(held);
      for (int i : new int[] {0, 3, 4, 7}) {
        assertThat(answer(futures.get(i))).containsExactly(i + 1);
      }
      assertFails(futures.get(1), ErrorCode.DEADLINE_EXCEEDED, "deadline");
      assertFails(futures.get(5), ErrorCode.DEADLINE_EXCEEDED, "deadline");
      assertThat(forwards).containsExactly(List.of(0f), List.of(0f, 3f, 4f, 7f));
    }
  }

  @Test
  void flood_of10000_whileLanesAreBusy_takesFullBatches() {
    open(BatchingContract.lanes(2, 1).withQueue(16_384, Duration.ZERO));
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 2);
      List<CompletableFuture<InferenceResult>> futures =
          IntStream.range(0, 10_000).mapToObj(i -> model.submit(rows(i))).toList();
      release(held);
      for (int i = 0; i < 10_000; i++) {
        assertThat(answer(futures.get(i))).containsExactly(i + 1);
      }
      int full = BatchingSettings.DEFAULTS.maxRows();
      assertThat(forwards).hasSizeBetween(2 + 10_000 / full, 2 + 10_000 / full + 2);
      assertThat(stats().rows()).isEqualTo(2 + 10_000);
    }
  }

  @Test
  void flood_of50_makesFewerThan50Batches() {
    open(oneLane());
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      List<CompletableFuture<InferenceResult>> futures =
          IntStream.range(0, 50).mapToObj(i -> model.submit(rows(i))).toList();
      release(held);
      futures.forEach(BatchingFixture::answer);
      assertThat(stats().batches()).isEqualTo(2);
    }
  }

  @Test
  void infer_idle_runsOnTheCallersThreadWithoutABatch() {
    open(oneLane());
    awaitIdle();
    try (LoadedModel model = load();
        Tensor x = rows(3);
        InferenceResult result = model.infer(x)) {
      assertThat(result.tensor().toFloatArray()).containsExactly(4);
      assertThat(result.served().strategy()).isEqualTo("batching");
      assertThat(result.served().batchRequests()).isEqualTo(1);
      assertThat(stats().batches()).isZero();
    }
  }

  /** A caller on an idle lane would overtake those that wait. */
  @Test
  void infer_whileABatchRuns_waitsForTheNextOne() {
    open(BatchingContract.lanes(2, 1));
    awaitIdle();
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      CompletableFuture<InferenceResult> inferred =
          CompletableFuture.supplyAsync(
              () -> {
                try (Tensor x = rows(3)) {
                  return model.infer(x);
                }
              });
      fake.turnstile().awaitWaiting(2);
      release(held);
      assertThat(answer(inferred)).containsExactly(4);
      assertThat(stats().batches()).isEqualTo(2);
    }
  }

  /** Idle for a while, then work again; and the end with work waiting, which is answered. */
  @Test
  void close_workWaits_answersItInBatches() {
    open(oneLane());
    LoadedModel model = load();
    for (int round = 0; round < 3; round++) {
      assertThat(answer(model.submit(rows(round)))).containsExactly(round + 1);
    }
    List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
    List<CompletableFuture<InferenceResult>> futures =
        IntStream.range(0, 5).mapToObj(i -> model.submit(rows(i))).toList();
    CompletableFuture<Void> closed = CompletableFuture.runAsync(executor::close);
    release(held);
    await(closed);
    for (int i = 0; i < 5; i++) {
      assertThat(answer(futures.get(i))).containsExactly(i + 1);
    }
  }

  // ---- allowed sizes ----

  @Test
  void sizes_ofAModelWithIndependentRows_arePaddedTo() {
    Signature stated =
        new Signature(List.of(InputSpec.named("x")), List.of()).withIndependentRows();
    open(
        oneLane().withBatching(batching().withSizes(BatchSizes.of(1, 4, 8))),
        FakeBackend.builder().model("independent", stated, this::plus));
    try (LoadedModel model = load("independent")) {
      List<CompletableFuture<InferenceResult>> held = occupy(model, 1);
      List<CompletableFuture<InferenceResult>> futures =
          IntStream.range(1, 12).mapToObj(i -> model.submit(rows(i))).toList();
      release(held);
      for (int i = 1; i < 12; i++) {
        assertThat(answer(futures.get(i - 1))).containsExactly(i + 1);
      }
      assertThat(forwards)
          .containsExactly(
              List.of(0f), List.of(1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f), List.of(9f, 10f, 11f, 11f));
      assertThat(stats().padRows()).isEqualTo(1);
    }
  }

  @Test
  void sizes_ofAModelThatStatesNothing_arePaddedToWhereRowsAreMixedAnyway() {
    open(oneLane().withBatching(batching().withSizes(BatchSizes.of(4, 8))));
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> futures = together(model, 0, 1, 2);
      for (int i = 0; i < 3; i++) {
        assertThat(answer(futures.get(i))).containsExactly(i + 1);
      }
      assertThat(forwards).containsExactly(List.of(0f), List.of(0f, 1f, 2f, 2f));
    }
  }

  /** To find the one at fault, each runs alone, and as it would alone. */
  @Test
  void sizes_ofADividedBatch_areNotPaddedToForOneRequest() {
    open(oneLane().withBatching(batching().withSizes(BatchSizes.of(4, 8))));
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> futures = together(model, 1, 2, -3);
      assertThat(answer(futures.get(0))).containsExactly(2);
      assertThat(answer(futures.get(1))).containsExactly(3);
      assertFails(futures.get(2), ErrorCode.MODEL_FAILED, "negative");
      assertThat(forwards).contains(List.of(1f), List.of(2f));
    }
  }

  /** Six rows of it fail, though five do not: what is added is blamed before batches are. */
  @Test
  void sizes_thatMakeBatchesFail_areGivenUpAndBatchesStay() {
    open(
        oneLane().withBatching(batching().withSizes(BatchSizes.of(1, 2, 4, 6))),
        FakeBackend.builder().model("five", Signature.UNKNOWN, this::atMostFive));
    try (LoadedModel model = load("five")) {
      for (int round = 0; round < 4; round++) {
        forwards.clear();
        List<CompletableFuture<InferenceResult>> futures = together(model, 0, 1, 2, 3, 4);
        for (int i = 0; i < 5; i++) {
          assertThat(answer(futures.get(i))).containsExactly(i + 1);
        }
      }
      assertThat(forwards).extracting(List::size).containsExactly(1, 5);
    }
  }

  private FakeBackendBuilder independent() {
    Signature stated =
        new Signature(List.of(InputSpec.of("x", DType.FLOAT32, -1, 1)), List.of())
            .withIndependentRows();
    return FakeBackend.builder().model("independent", stated, this::plus);
  }

  private LoadedModel loadToWarmUp() {
    WarmUp oneRow = WarmUp.of(List.of(Map.of("x", new long[] {1, 1})));
    return executor.load(FakeModels.source("independent").warmingUp(oneRow));
  }

  private NamedTensors atMostFive(NamedTensors inputs) {
    if (inputs.get(0).shape()[0] > 5) {
      throw new InferenceException(ErrorCode.MODEL_FAILED, "more than five rows");
    }
    return plus(inputs);
  }

  @Test
  void sizes_thatWouldMakeABatchTooLarge_areNotPaddedTo() {
    open(
        oneLane().withBatching(batching().withMost(64, 5 * 4).withSizes(BatchSizes.of(2, 4, 6))),
        independent());
    try (LoadedModel model = loadToWarmUp()) {
      await(model.whenReady());
      assertThat(forwards).extracting(List::size).containsOnly(1, 2, 4);
      forwards.clear();
      List<CompletableFuture<InferenceResult>> futures = together(model, 0, 1, 2, 3, 4);
      futures.forEach(BatchingFixture::answer);
      assertThat(forwards).extracting(List::size).containsExactly(2, 5);
    }
  }

  @Test
  void sizes_notChosen_areTwoForEachPowerOfTwoWhereForwardsAreRecorded() {
    open(oneLane(), FakeBackend.builder().asynchronous());
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> futures = together(model, 0, 1, 2, 3, 4);
      for (int i = 0; i < 5; i++) {
        assertThat(answer(futures.get(i))).containsExactly(i + 1);
      }
      assertThat(forwards).containsExactly(List.of(0f), List.of(0f, 1f, 2f, 3f, 4f, 4f));
    }
  }

  @Test
  void sizes_notChosen_areAnyOnACpu() {
    open(oneLane());
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> futures = together(model, 0, 1, 2, 3, 4);
      futures.forEach(BatchingFixture::answer);
      assertThat(forwards).extracting(List::size).containsExactly(1, 5);
    }
  }

  @Test
  void sizes_warmUp_runsEachOnEveryLane() {
    open(
        BatchingContract.lanes(2, 1).withBatching(batching().withSizes(BatchSizes.of(2, 4))),
        independent());
    try (LoadedModel model = loadToWarmUp()) {
      await(model.whenReady());
      for (int size : new int[] {1, 2, 4}) {
        assertThat(forwards).filteredOn(f -> f.size() == size).hasSize(2 * 3);
      }
    }
  }
}
