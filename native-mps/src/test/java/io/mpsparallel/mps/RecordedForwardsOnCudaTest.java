package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.PathSettings;
import io.mpsparallel.settings.PathSettings.PathMode;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.SizeTPointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The same with CUDA graphs, and what only a real device can show; on request only. */
@Tag("gpu")
@SuppressWarnings("try") // scopes are left, not read
class RecordedForwardsOnCudaTest extends RecordedForwardsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long SLACK = 64L << 20;

  @Override
  TorchBackend open(BackendSettings settings) {
    return TorchBackend.open(settings);
  }

  @Override
  Device device() {
    return Device.cuda(0);
  }

  @Override
  void refuseRecordings() {}

  private Model mlp(PathSettings path) {
    backend = open(BackendSettings.DEFAULTS.withPath(path));
    Path file = ScriptModels.mlp(directory.resolve("mlp.pt"), 5, 64, 256, 256, 10);
    return backend.load(ModelSource.of(file), device());
  }

  private static float[] run(Stream stream, Slot slot, int rows, int seed) {
    float[] values = new float[rows * 64];
    for (int i = 0; i < values.length; i++) {
      values[i] = ((i * 31 + seed * 17) % 101) / 50f - 1;
    }
    try (NamedTensors inputs = NamedTensors.of(Tensor.of(values, rows, 64))) {
      slot.bind(inputs);
      try (Event done = stream.run(List.of(slot))) {
        done.await(PATIENCE);
        try (NamedTensors outputs = slot.takeOutputs()) {
          return outputs.get(0).toFloatArray();
        }
      }
    }
  }

  private static long usedMemory() {
    try (SizeTPointer free = new SizeTPointer(1);
        SizeTPointer total = new SizeTPointer(1)) {
      assertThat(cudart.cudaMemGetInfo(free, total)).isZero();
      return total.get() - free.get();
    }
  }

  /** Lanes at the same time, each recording, with a thread that gives all spare memory back. */
  @Test
  void sixteenLanes_whileMemoryIsReclaimed_areAsEager() throws Exception {
    List<float[]> expected = new ArrayList<>();
    try (Model model = mlp(new PathSettings(PathMode.EAGER, -1, 512));
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int seed = 0; seed < 20; seed++) {
        expected.add(run(stream, slot, 1 + seed % 3, seed));
      }
    }
    backend.close();
    ExecutorService threads = Executors.newFixedThreadPool(17);
    try (Model model = mlp(new PathSettings(PathMode.GRAPH, -1, 512))) {
      List<CompletableFuture<Integer>> lanes = new ArrayList<>();
      for (int lane = 0; lane < 16; lane++) {
        lanes.add(CompletableFuture.supplyAsync(() -> lane(model, expected), threads));
      }
      CompletableFuture<?> all =
          CompletableFuture.allOf(lanes.toArray(CompletableFuture<?>[]::new));
      CompletableFuture<Void> reclaiming =
          CompletableFuture.runAsync(() -> reclaimUntil(all), threads);
      all.get();
      reclaiming.get();
      for (CompletableFuture<Integer> lane : lanes) {
        assertThat(lane.get()).as("recordings of a lane: one for each shape").isEqualTo(3);
      }
    } finally {
      threads.shutdown();
    }
  }

  private int lane(Model model, List<float[]> expected) {
    try (Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      for (int i = 0; i < 300; i++) {
        int seed = i % 20;
        assertThat(run(stream, slot, 1 + seed % 3, seed))
            .usingComparatorWithPrecision(1e-5f)
            .containsExactly(expected.get(seed));
      }
      return java.util.Objects.requireNonNull(((TorchStream) stream).graphs()).size();
    }
  }

  private void reclaimUntil(CompletableFuture<?> end) {
    try (Stream stream = backend.acquireStream(device())) {
      while (!end.isDone()) {
        ((TorchStream) stream).torchDevice().reclaimMemory();
      }
    }
  }

  @Test
  void thousandEvictions_leaveMemoryAsItWas() {
    try (Model model = mlp(new PathSettings(PathMode.GRAPH, -1, 1));
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      long before = 0;
      float[] first = run(stream, slot, 1, 0);
      for (int eviction = 0; eviction < 1000; eviction++) {
        for (int i = 0; i < PathChooser.RUNS_BEFORE_RECORDING + 2; i++) {
          run(stream, slot, 1 + eviction % 7, i);
        }
        if (eviction == 50) {
          before = usedMemory();
        }
      }
      assertThat(usedMemory()).isLessThan(before + SLACK);
      assertThat(run(stream, slot, 1, 0))
          .usingComparatorWithPrecision(1e-5f)
          .containsExactly(first);
    }
  }

  @Test
  void manyInferences_leaveMemoryAsItWas() {
    try (Model model = mlp(new PathSettings(PathMode.GRAPH, -1, 512));
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      long before = 0;
      for (int i = 0; i < 100_000; i++) {
        run(stream, slot, 1, i);
        if (i == 1000) {
          before = usedMemory();
        }
      }
      assertThat(usedMemory()).isLessThan(before + SLACK);
    }
  }

  /** Lanes that come and go give the memory of their recordings back. */
  @Test
  void lanesThatComeAndGo_leaveMemoryAsItWas() {
    try (Model model = mlp(new PathSettings(PathMode.GRAPH, -1, 512))) {
      long before = 0;
      for (int lane = 0; lane < 60; lane++) {
        try (Stream stream = backend.acquireStream(device());
            Stream.Scope inside = stream.enter();
            Slot slot = model.newSlot(stream)) {
          for (int i = 0; i < 20; i++) {
            run(stream, slot, 2, i);
          }
        }
        if (lane == 10) {
          before = usedMemory();
        }
      }
      assertThat(usedMemory()).isLessThan(before + SLACK);
    }
  }

  @Test
  void randomModel_runsEager() {
    String random = "def forward(self, x: Tensor) -> Tensor:\n  return x + torch.rand_like(x)\n";
    backend = open(BackendSettings.DEFAULTS);
    Path file = ScriptModels.script(directory.resolve("random.pt"), random);
    try (Model model = backend.load(ModelSource.of(file), device());
        Stream stream = backend.acquireStream(device());
        Stream.Scope inside = stream.enter();
        Slot slot = model.newSlot(stream)) {
      float[] before = run(stream, slot, 1, 0);
      for (int i = 0; i < 40; i++) {
        float[] now = run(stream, slot, 1, 0);
        assertThat(now[0]).isNotEqualTo(before[0]);
        before = now;
      }
      assertThat(model.whyEager()).isPresent();
    }
  }
}
