package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BatchSizes;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Sequences of different lengths in one forward. The model gives each position its id and the sum
 * of all ids that the mask lets through, so that a wrong mask, or a wrong place, is a wrong answer.
 */
class PaddedBatchesTest extends BatchingFixture {
  private static final Padding RULES =
      Padding.to(4, 8).input("ids", 1, 9).mask("mask").output("sums", 1).output("total");
  private static final Signature SIGNATURE =
      new Signature(
          List.of(
              InputSpec.of("ids", DType.INT64, -1, -1),
              InputSpec.of("mask", DType.FLOAT32, -1, -1)),
          List.of("sums", "total"));

  /** The shapes that came to the model, in order. */
  private final List<List<Long>> shapes = new CopyOnWriteArrayList<>();

  private NamedTensors sums(NamedTensors inputs) {
    Tensor ids = inputs.get("ids");
    int rows = (int) ids.spec().dim(0);
    int length = (int) ids.spec().dim(1);
    shapes.add(List.of((long) rows, (long) length));
    long[] values = ids.toLongArray();
    float[] mask = inputs.get("mask").toFloatArray();
    float[] totals = new float[rows];
    float[] sums = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      totals[i / length] += values[i] * mask[i];
    }
    for (int i = 0; i < values.length; i++) {
      sums[i] = values[i] + totals[i / length];
    }
    return NamedTensors.of(
        List.of("sums", "total"), List.of(Tensor.of(sums, rows, length), Tensor.of(totals, rows)));
  }

  private LoadedModel openAndLoad(ExecutorSettings settings, FakeBackendBuilder parts) {
    open(settings, parts.model("sums", SIGNATURE, this::sums));
    return executor.load(FakeModels.source("sums").padding(RULES));
  }

  /** A request of rows that count on from a value, for an executor with a model {@code plus}. */
  private static InferenceRequest ids(long first, int rows, int length) {
    long[] values = IntStream.range(0, rows * length).mapToLong(i -> first + i).toArray();
    return InferenceRequest.of(Map.of("ids", Tensor.of(values, rows, length)));
  }

  private static void assertSums(
      CompletableFuture<InferenceResult> future, long first, int rows, int length) {
    try (InferenceResult result = await(future)) {
      assertThat(result.tensor("sums").shape()).containsExactly(rows, length);
      assertThat(result.tensor("total").shape()).containsExactly(rows);
      float[] sums = result.tensor("sums").toFloatArray();
      for (int row = 0; row < rows; row++) {
        long base = first + (long) row * length;
        float total = length * base + length * (length - 1) / 2f;
        assertThat(result.tensor("total").toFloatArray()[row]).isEqualTo(total);
        for (int i = 0; i < length; i++) {
          assertThat(sums[row * length + i]).isEqualTo(base + i + total);
        }
      }
    }
  }

  /** Submits one request for each length, of 1 + i % 2 rows, as one wave; checks the answers. */
  private void waveOf(LoadedModel model, int... lengths) {
    try (LoadedModel plus = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(plus, 1);
      List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
      for (int i = 0; i < lengths.length; i++) {
        futures.add(model.submit(ids(10 * i, 1 + i % 2, lengths[i])));
      }
      release(held);
      for (int i = 0; i < lengths.length; i++) {
        assertSums(futures.get(i), 10 * i, 1 + i % 2, lengths[i]);
      }
    }
  }

  @Test
  void requests_ofDifferentLengths_shareOneForwardAndGetTheirOwn() {
    try (LoadedModel model = openAndLoad(oneLane(), FakeBackend.builder())) {
      waveOf(model, 1, 3, 2, 3);
      assertThat(shapes).containsExactly(List.of(6L, 3L)); // no longer than the longest
      BatchStats stats = stats();
      assertThat(stats.positions()).isEqualTo(1 + 2 * 3 + 2 + 2 * 3);
      assertThat(stats.padPositions()).isEqualTo(2 + 1);
      assertThat(stats.lengthWaste()).isEqualTo(3.0 / 18, within(1e-9));
      assertThat(stats.rowWaste()).isZero();
    }
  }

  @Test
  void requests_ofDifferentBuckets_areKeptApart() {
    try (LoadedModel model = openAndLoad(oneLane(), FakeBackend.builder())) {
      waveOf(model, 4, 5, 3, 8, 1, 6);
      assertThat(shapes).containsExactlyInAnyOrder(List.of(3L, 4L), List.of(6L, 8L));
    }
  }

  /** Nothing is lost, and nothing refused. */
  @Test
  void requests_longerThanAllBuckets_runByTheirOwnShape() {
    try (LoadedModel model = openAndLoad(oneLane(), FakeBackend.builder())) {
      waveOf(model, 9, 10, 9, 3);
      assertThat(shapes)
          .containsExactlyInAnyOrder(List.of(2L, 9L), List.of(2L, 10L), List.of(2L, 3L));
      assertThat(stats().padPositions()).isZero();
    }
  }

  @Test
  void requests_ofOneLength_areNotFilledUp() {
    try (LoadedModel model = openAndLoad(oneLane(), FakeBackend.builder())) {
      waveOf(model, 3, 3, 3);
      assertThat(shapes).containsExactly(List.of(4L, 3L));
      assertThat(stats().positions()).isEqualTo(12);
      assertThat(stats().lengthWaste()).isZero();
    }
  }

  /** A device that prepares for each shape sees those that were declared, and no others. */
  @Test
  void requests_onADeviceThatPreparesForShapes_getTheDeclaredLengths() {
    try (LoadedModel model = openAndLoad(oneLane(), FakeBackend.builder().apple())) {
      waveOf(model, 1, 3);
      waveOf(model, 5);
      waveOf(model, 8);
      assertThat(shapes).containsExactly(List.of(3L, 4L), List.of(1L, 8L), List.of(1L, 8L));
    }
  }

  @Test
  void infer_alone_runsAsItIs() {
    try (LoadedModel model = openAndLoad(oneLane(), FakeBackend.builder())) {
      awaitIdle();
      InferenceRequest request = ids(5, 2, 3);
      try (NamedTensors inputs = request.inputs();
          InferenceResult result = model.infer(request)) {
        assertThat(inputs.size()).isEqualTo(1);
        assertSums(CompletableFuture.completedFuture(result), 5, 2, 3);
      }
      assertThat(shapes).containsExactly(List.of(2L, 3L));
      assertThat(stats().batches()).isZero();
    }
  }

  @Test
  void rowsAndLengths_bothFilledUp_areCountedApart() {
    open(
        oneLane().withBatching(batching().withSizes(BatchSizes.of(1, 4, 8))),
        FakeBackend.builder().apple().model("sums", SIGNATURE.withIndependentRows(), this::sums));
    try (LoadedModel model = executor.load(FakeModels.source("sums").padding(RULES))) {
      waveOf(model, 4, 3, 2);
      waveOf(model, 2, 1, 4, 4);
      assertThat(shapes).containsExactly(List.of(4L, 4L), List.of(8L, 4L));
      BatchStats stats = stats();
      assertThat(stats.padRows()).isEqualTo(2);
      assertThat(stats.rowWaste()).isEqualTo(2.0 / (2 + 2 + 4 + 6), within(1e-9)); // two of plus
      assertThat(stats.padPositions()).isEqualTo((2 + 2) + (2 + 2 * 3));
    }
  }

  @Test
  void request_whoseInputsDisagreeAboutTheLength_runsAsItIs() {
    open(oneLane(), FakeBackend.builder());
    Padding both = Padding.to(8).input("a", 1, 0).input("b", 1, 0).output("sum", 1);
    Signature typed =
        new Signature(
            List.of(
                InputSpec.of("a", DType.FLOAT32, -1, -1),
                InputSpec.of("b", DType.FLOAT32).withDims(-1, -1)),
            List.of("sum"));
    try (LoadedModel add = executor.load(FakeModels.source("add").declaring(typed).padding(both));
        LoadedModel plus = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(plus, 1);
      CompletableFuture<InferenceResult> one = add.submit(pair(2, 2));
      CompletableFuture<InferenceResult> other = add.submit(pair(3, 3));
      CompletableFuture<InferenceResult> mixed = add.submit(pair(2, 3));
      release(held);
      assertThat(answer(one)).containsExactly(4, 4);
      assertThat(answer(other)).containsExactly(6, 6, 6);
      assertFails(mixed, ErrorCode.MODEL_FAILED, "float32[1, 2] and float32[1, 3]");
      assertThat(stats().bisections()).isZero();
    }
  }

  private static InferenceRequest pair(int a, int b) {
    float[] left = new float[a];
    float[] right = new float[b];
    Arrays.fill(left, a);
    Arrays.fill(right, b);
    return InferenceRequest.of(
        NamedTensors.of(List.of("a", "b"), List.of(Tensor.of(left, 1, a), Tensor.of(right, 1, b))));
  }

  @Test
  void oneBad_amongSequences_failsAlone() {
    open(oneLane(), FakeBackend.builder().model("sums", SIGNATURE, this::failingForNegative));
    try (LoadedModel model = executor.load(FakeModels.source("sums").padding(RULES));
        LoadedModel plus = load()) {
      List<CompletableFuture<InferenceResult>> held = occupy(plus, 1);
      CompletableFuture<InferenceResult> one = model.submit(ids(1, 1, 3));
      CompletableFuture<InferenceResult> bad = model.submit(ids(-9, 2, 2));
      CompletableFuture<InferenceResult> last = model.submit(ids(3, 2, 4));
      release(held);
      assertSums(one, 1, 1, 3);
      assertSums(last, 3, 2, 4);
      assertFails(bad, ErrorCode.MODEL_FAILED, "negative");
      assertThat(stats().bisections()).isPositive();
    }
  }

  private NamedTensors failingForNegative(NamedTensors inputs) {
    if (Arrays.stream(inputs.get("ids").toLongArray()).anyMatch(id -> id < 0)) {
      throw new InferenceException(ErrorCode.MODEL_FAILED, "negative");
    }
    return sums(inputs);
  }

  // ---- declarations that are not true ----

  /** The last position is left out: no output can be cut to the caller's length. */
  @Test
  void outputs_notAsDeclared_areFoundOutAndServedAsTheyAre() {
    Signature signature =
        new Signature(List.of(InputSpec.of("x", DType.FLOAT32, -1, -1)), List.of("y"));
    open(oneLane(), FakeBackend.builder().model("shorter", signature, this::shorter));
    Padding rules = Padding.to(4).input("x", 1, 0).output("y", 1);
    try (LoadedModel model = executor.load(FakeModels.source("shorter").padding(rules));
        LoadedModel plus = load()) {
      for (int round = 0; round < 2; round++) {
        shapes.clear();
        List<CompletableFuture<InferenceResult>> held = occupy(plus, 1);
        CompletableFuture<InferenceResult> two = model.submit(row(1, 2));
        CompletableFuture<InferenceResult> three = model.submit(row(1, 2, 3));
        CompletableFuture<InferenceResult> again = model.submit(row(5, 6, 7));
        release(held);
        assertThat(answer(two)).containsExactly(1);
        assertThat(answer(three)).containsExactly(1, 2);
        assertThat(answer(again)).containsExactly(5, 6);
        assertThat(shapes).hasSize(round == 0 ? 4 : 2); // by shape, and together, the second time
        assertThat(stats().bisections()).as("one by one at once").isZero();
      }
    }
  }

  /** Values in a single row. */
  private static Tensor row(float... values) {
    return Tensor.of(values, 1, values.length);
  }

  private NamedTensors shorter(NamedTensors inputs) {
    Tensor x = inputs.get(0);
    int rows = (int) x.spec().dim(0);
    int length = (int) x.spec().dim(1);
    shapes.add(List.of((long) rows, (long) length));
    float[] values = x.toFloatArray();
    float[] fewer = new float[rows * (length - 1)];
    for (int i = 0; i < fewer.length; i++) {
      fewer[i] = values[i / (length - 1) * length + i % (length - 1)];
    }
    return NamedTensors.of(Tensor.of(fewer, rows, length - 1));
  }

  /** It is not the batches that are at fault: they are made of equal lengths from then on. */
  @Test
  void model_thatFailsForSequencesFilledUp_isFoundOut() {
    open(oneLane(), FakeBackend.builder().model("sums", SIGNATURE, this::noneMasked));
    try (LoadedModel model = executor.load(FakeModels.source("sums").padding(RULES))) {
      waveOf(model, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4);
      shapes.clear();
      waveOf(model, 3, 2, 3, 2);
      assertThat(shapes).containsExactly(List.of(2L, 3L), List.of(4L, 2L));
    }
  }

  private NamedTensors noneMasked(NamedTensors inputs) {
    for (float value : inputs.get("mask").toFloatArray()) {
      if (value == 0) {
        throw new InferenceException(ErrorCode.MODEL_FAILED, "a position without meaning");
      }
    }
    return sums(inputs);
  }

  // ---- warm-up ----

  @Test
  void warmUp_runsEachSizeInEachLength() {
    open(
        oneLane().withBatching(batching().withSizes(BatchSizes.of(2, 4))),
        FakeBackend.builder().model("sums", SIGNATURE.withIndependentRows(), this::sums));
    WarmUp one = WarmUp.of(List.of(Map.of("ids", new long[] {1, 3})));
    try (LoadedModel model =
        executor.load(FakeModels.source("sums").padding(RULES).warmingUp(one))) {
      await(model.whenReady());
      for (long rows : new long[] {1, 2, 4}) {
        for (long length : new long[] {3, 4, 8}) {
          assertThat(shapes).filteredOn(List.of(rows, length)::equals).hasSize(3);
        }
      }
      assertThat(shapes).hasSize(3 * 3 * 3);
    }
  }
}
