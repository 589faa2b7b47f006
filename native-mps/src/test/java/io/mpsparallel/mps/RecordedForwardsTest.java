package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Capabilities.GraphKey;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.PathSettings;
import io.mpsparallel.settings.PathSettings.PathMode;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Forwards that are recorded once and launched again: when, from where, and what keeps them. */
@SuppressWarnings("try") // scopes are left, not read
@Timeout(300)
class RecordedForwardsTest {
  private static final int UNTIL_RECORDED = PathChooser.RUNS_BEFORE_RECORDING + 1;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String SQUARE = "def forward(self, x: Tensor) -> Tensor:\n  return x * x\n";

  @TempDir Path directory;
  TorchBackend backend;

  TorchBackend open(BackendSettings settings) {
    TorchRuntime runtime = TorchRuntime.load();
    ScriptedDriver driver = new ScriptedDriver(4, GraphKey.SHAPE_AND_SLOT);
    return new TorchBackend(
        runtime, settings, DeviceFinder.look(), (device, all) -> driver.device(all));
  }

  Device device() {
    return Device.CPU;
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private Model load(PathMode mode, int cacheEntries, String source) {
    PathSettings path = new PathSettings(mode, PathSettings.DEVICE_DEFAULT, cacheEntries);
    backend = open(BackendSettings.DEFAULTS.withPath(path));
    Path file = directory.resolve("m" + source.hashCode() + ".pt");
    return backend.load(ModelSource.of(ScriptModels.script(file, source)), device());
  }

  private static NamedTensors floats(int count, float value) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = value + i;
    }
    return NamedTensors.of(Tensor.of(values, count));
  }

  private static float[] run(Stream stream, Slot slot, NamedTensors inputs) {
    slot.bind(inputs);
    return finish(stream, slot);
  }

  private static float[] finish(Stream stream, Slot slot) {
    try (Event done = stream.run(List.of(slot))) {
      done.await(PATIENCE);
      try (NamedTensors outputs = slot.takeOutputs()) {
        return outputs.get(0).toFloatArray();
      }
    }
  }

  private static void assertSquares(Stream stream, Slot slot, int count, float value) {
    try (NamedTensors inputs = floats(count, value)) {
      float[] answer = run(stream, slot, inputs);
      for (int i = 0; i < count; i++) {
        assertThat(answer[i]).isEqualTo((value + i) * (value + i));
      }
    }
  }

  private static int recordings(Stream stream) {
    LaneGraphs graphs = ((TorchStream) stream).graphs();
    return graphs == null ? 0 : graphs.size();
  }

  private static boolean isRecorded(Model model, Stream stream, int count) {
    try (NamedTensors inputs = model.signature().check(floats(count, 0))) {
      return model.isRecorded(stream, inputs);
    }
  }

  @Test
  void recurringShape_isRecordedOnceAndRightEachTime() {
    try (Model model = load(PathMode.AUTO, 512, SQUARE);
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int i = 0; i < UNTIL_RECORDED - 1; i++) {
        assertSquares(stream, slot, 3, i);
      }
      assertThat(recordings(stream)).isZero();
      assertThat(isRecorded(model, stream, 3)).isFalse();
      for (int i = 0; i < 100; i++) {
        assertSquares(stream, slot, 3, i);
      }
      assertThat(recordings(stream)).isEqualTo(1);
      assertThat(isRecorded(model, stream, 3)).isTrue();
      assertThat(isRecorded(model, stream, 4)).isFalse();
      assertThat(model.whyEager()).isEmpty();
    }
  }

  /** Each has 40 MB of inputs and as many of outputs, and a stream keeps 256 MiB. */
  @Test
  void largeRecordings_fillNoMoreMemory_andGoOnceNobodyAsksForThem() {
    int large = 10_000_000;
    try (Model model = load(PathMode.GRAPH, 512, SQUARE);
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int shape = 0; shape < 5; shape++) {
        try (NamedTensors inputs = floats(large + shape, 0)) {
          for (int i = 0; i < UNTIL_RECORDED; i++) {
            assertThat(run(stream, slot, inputs)[3]).isEqualTo(9);
          }
        }
        assertThat(recordings(stream)).isEqualTo(Math.min(3, shape + 1));
        assertThat(isRecorded(model, stream, large + shape)).isEqualTo(shape < 3);
      }
      for (int i = 0; i < 1000; i++) {
        assertSquares(stream, slot, 3, i);
      }
      try (NamedTensors inputs = floats(large + 4, 0)) {
        assertThat(run(stream, slot, inputs)[3]).isEqualTo(9);
      }
      assertThat(isRecorded(model, stream, large + 4)).isTrue();
      assertThat(recordings(stream)).as("two large ones, the small one, the new one").isEqualTo(4);
    }
  }

  @Test
  void forwardThatWasRecorded_needsFewerRunsOnFurtherStreamsAndThreads() {
    try (Model model = load(PathMode.AUTO, 512, SQUARE);
        Stream first = backend.acquireStream(device());
        Stream second = backend.acquireStream(device());
        Stream third = backend.acquireStream(device())) {
      assertThat(runsUntilRecorded(model, first)).isEqualTo(UNTIL_RECORDED);
      assertThat(runsUntilRecorded(model, second)).isEqualTo(3);
      CompletableFuture<Integer> elsewhere = new CompletableFuture<>();
      new Thread(() -> elsewhere.complete(runsUntilRecorded(model, third))).start();
      assertThat(elsewhere.orTimeout(30, TimeUnit.SECONDS).join()).isEqualTo(3);
    }
  }

  private static int runsUntilRecorded(Model model, Stream stream) {
    int runs = 0;
    try (Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      while (recordings(stream) == 0) {
        assertSquares(stream, slot, 3, runs++);
      }
    }
    return runs;
  }

  @Test
  void eagerMode_neverRecords() {
    try (Model model = load(PathMode.EAGER, 512, SQUARE);
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int i = 0; i < 50; i++) {
        assertSquares(stream, slot, 3, i);
      }
      assertThat(recordings(stream)).isZero();
    }
  }

  @Test
  void defaultStream_neverRecords() {
    try (Model model = load(PathMode.GRAPH, 512, SQUARE);
        Stream stream = backend.defaultStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int i = 0; i < 50; i++) {
        assertSquares(stream, slot, 3, i);
      }
      assertThat(recordings(stream)).isZero();
    }
  }

  @Test
  void slotsInFlightTogether_haveARecordingEach() {
    try (Model model = load(PathMode.GRAPH, 512, SQUARE);
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter()) {
      List<Slot> slots = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        slots.add(model.newSlot(stream));
      }
      for (int round = 0; round < 40; round++) {
        List<NamedTensors> inputs = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          inputs.add(floats(5, round * 10f + i));
          slots.get(i).bind(inputs.get(i));
        }
        try (Event done = stream.run(slots)) {
          done.await(PATIENCE);
          for (int i = 0; i < 8; i++) {
            try (NamedTensors outputs = slots.get(i).takeOutputs()) {
              float first = round * 10f + i;
              assertThat(outputs.get(0).toFloatArray()[0]).isEqualTo(first * first);
            }
          }
        }
        inputs.forEach(NamedTensors::close);
      }
      assertThat(recordings(stream)).isEqualTo(8);
      slots.forEach(Slot::close);
    }
  }

  @Test
  void stagedInputs_areWrittenIntoTheRecording() {
    TensorSpec spec = TensorSpec.of(DType.FLOAT32, 4);
    try (Model model = load(PathMode.GRAPH, 512, SQUARE);
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int i = 0; i < 60; i++) {
        NamedTensors staged = slot.stage(List.of(), List.of(spec));
        staged.get(0).buffer().asFloatBuffer().put(new float[] {i, i + 1, i + 2, i + 3});
        assertThat(finish(stream, slot))
            .containsExactly(
                (float) i * i, (i + 1f) * (i + 1), (i + 2f) * (i + 2), (i + 3f) * (i + 3));
      }
      assertThat(recordings(stream)).isEqualTo(1);
      slot.stage(List.of(), List.of(spec)); // and is never run
    }
  }

  @Test
  void outputs_stayAsTheyWereWhenTheRecordingIsLaunchedAgain() {
    try (Model model = load(PathMode.GRAPH, 512, SQUARE);
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int i = 0; i < UNTIL_RECORDED; i++) {
        assertSquares(stream, slot, 1, i);
      }
      List<NamedTensors> kept = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        try (NamedTensors inputs = floats(1, i)) {
          slot.bind(inputs);
          try (Event done = stream.run(List.of(slot))) {
            done.await(PATIENCE);
            kept.add(slot.takeOutputs());
          }
        }
      }
      for (int i = 0; i < 20; i++) {
        assertThat(kept.get(i).get(0).toFloatArray()).containsExactly((float) i * i);
        kept.get(i).close();
      }
    }
  }

  @Test
  void largeOutputs_areLentAndTheRecordingComesBackWithThem() {
    try (Model model = load(PathMode.GRAPH, 512, SQUARE);
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int i = 0; i < 60; i++) { // closed at once: one recording will do
        assertSquares(stream, slot, 20_000, i);
      }
      assertThat(recordings(stream)).isEqualTo(1);
      List<NamedTensors> kept = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        try (NamedTensors inputs = floats(20_000, i)) {
          slot.bind(inputs);
          try (Event done = stream.run(List.of(slot))) {
            done.await(PATIENCE);
            kept.add(slot.takeOutputs());
          }
        }
      }
      assertThat(recordings(stream)).as("8 lent, and one whose outputs are copied").isEqualTo(9);
      for (int i = 0; i < 30; i++) {
        assertThat(kept.get(i).get(0).toFloatArray()[1]).isEqualTo((i + 1f) * (i + 1));
        kept.get(i).close();
      }
      for (int i = 0; i < 30; i++) {
        assertSquares(stream, slot, 20_000, i);
      }
      assertThat(recordings(stream)).isEqualTo(9);
    }
  }

  @Test
  void largeOutputs_stagedAndOutlivingTheStream_areRight() {
    TensorSpec spec = TensorSpec.of(DType.FLOAT32, 20_000);
    List<NamedTensors> kept = new ArrayList<>();
    try (Model model = load(PathMode.GRAPH, 512, SQUARE)) {
      try (Stream stream = backend.acquireStream(device());
          Stream.Scope inside = stream.enter();
          Slot slot = model.newSlot(stream)) {
        for (int i = 0; i < 20; i++) {
          NamedTensors staged = slot.stage(List.of(), List.of(spec));
          staged.get(0).buffer().asFloatBuffer().put(7, i);
          try (Event done = stream.run(List.of(slot))) {
            done.await(PATIENCE);
            kept.add(slot.takeOutputs());
          }
        }
      }
      for (int i = 0; i < 20; i++) {
        assertThat(kept.get(i).get(0).toFloatArray()[7]).isEqualTo((float) i * i);
        kept.get(i).close();
      }
    }
  }

  @Test
  void modelThatLooksAtItsValues_runsEagerForGood() {
    String looks =
        """
        def forward(self, x: Tensor) -> Tensor:
          if float(x[0]) > 5:
            return x * x
          return x + x
        """;
    try (Model model = load(PathMode.AUTO, 512, looks);
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      refuseRecordings();
      for (int i = 0; i < 40; i++) {
        try (NamedTensors inputs = floats(2, i % 10)) {
          float first = i % 10;
          assertThat(run(stream, slot, inputs)[0]).isEqualTo(first > 5 ? first * first : 2 * first);
        }
      }
      assertThat(recordings(stream)).isZero();
      assertThat(model.whyEager()).isPresent();
    }
  }

  /** What a real device does by itself. */
  void refuseRecordings() {
    ScriptedDriver driver = (ScriptedDriver) driver();
    driver.failRecordings(new RecordingFailed("it waits", new IllegalStateException()));
  }

  final Driver driver() {
    try (Stream stream = backend.acquireStream(device())) {
      return ((TorchStream) stream).torchDevice().driver();
    }
  }

  @Test
  void modelThatCounts_runsEagerForGood() {
    String counts =
        """
        def forward(self, x: Tensor) -> Tensor:
          self.runs += 1
          return x * x
        """;
    backend = open(BackendSettings.DEFAULTS);
    Path file = StatefulModels.counting(directory.resolve("counts.pt"), counts);
    try (Model model = backend.load(ModelSource.of(file), device());
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int i = 0; i < 40; i++) {
        assertSquares(stream, slot, 3, i);
      }
      assertThat(recordings(stream)).isZero();
      assertThat(model.whyEager()).isEqualTo(Optional.of("it changes its own attributes"));
    }
  }

  @Test
  void numberInput_isNotKeptInARecording() {
    String scaled = "def forward(self, x: Tensor, by: float) -> Tensor:\n  return x * by\n";
    try (Model model = load(PathMode.GRAPH, 512, scaled);
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int i = 0; i < 40; i++) {
        try (Tensor x = Tensor.of(new float[] {3}, 1);
            Tensor by = Tensor.of(new float[] {i});
            NamedTensors inputs = NamedTensors.of(List.of("x", "by"), List.of(x, by))) {
          assertThat(run(stream, slot, inputs)).containsExactly(3f * i);
        }
      }
      assertThat(recordings(stream)).isZero();
    }
  }

  @Test
  void fullCache_forgetsWhatWasNotAskedForTheLongest() {
    try (Model model = load(PathMode.GRAPH, 2, SQUARE);
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int round = 0; round < 5; round++) {
        for (int count = 1; count <= 4; count++) {
          for (int i = 0; i < UNTIL_RECORDED + 1; i++) {
            assertSquares(stream, slot, count, i);
          }
          assertThat(recordings(stream)).isBetween(1, 2);
        }
      }
    }
  }

  @Test
  void closedModel_takesItsRecordingsAlong() {
    try (Model model = load(PathMode.GRAPH, 512, SQUARE);
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter()) {
      try (Slot slot = model.newSlot(stream)) {
        for (int i = 0; i < UNTIL_RECORDED; i++) {
          assertSquares(stream, slot, 3, i);
        }
      }
      assertThat(recordings(stream)).isEqualTo(1);
      model.close();
      assertThat(recordings(stream)).isZero();
    }
  }
}
