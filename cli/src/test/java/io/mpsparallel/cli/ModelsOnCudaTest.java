package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.PathSettings;
import io.mpsparallel.settings.PathSettings.PathMode;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Known architectures give the answers on an NVIDIA GPU that PyTorch gave on a CPU, recorded and
 * not. The models are not in this repository; on request only: {@code -Dmps-parallel.models=DIR},
 * as for {@link ReferenceModelsTest}.
 */
@Tag("gpu")
@Timeout(300)
final class ModelsOnCudaTest {
  private static final double OF_PYTORCH = 1e-4;
  private static final int LANES = 16;
  private static final int RUNS = 300;
  private static final int EVICTIONS = 1000;
  private static final int RUNS_UNTIL_RECORDED = 9;

  private static Path models() {
    String folder = System.getProperty("mps-parallel.models");
    assertThat(folder).as("-Dmps-parallel.models, a folder of models").isNotNull();
    return Path.of(folder);
  }

  private static String device() {
    return System.getProperty("mps-parallel.device", "cuda");
  }

  private static NamedTensors inputs(String model, int rows) {
    NamedTensors named = arrays(model, "b" + rows + "_in_");
    return NamedTensors.of(named.tensors().toArray(Tensor[]::new));
  }

  private static NamedTensors arrays(String model, String prefix) {
    try (NpzFile npz = NpzFile.open(models().resolve(model + ".npz"))) {
      List<String> names = npz.names().stream().filter(name -> name.startsWith(prefix)).toList();
      return NamedTensors.of(
          names.stream().map(name -> name.substring(prefix.length())).toList(),
          names.stream().map(npz::read).toList());
    }
  }

  private static InferenceExecutor executor(int lanes, PathMode mode, int cacheEntries) {
    PathSettings path = new PathSettings(mode, PathSettings.DEVICE_DEFAULT, cacheEntries);
    return InferenceExecutor.builder()
        .settings(
            ExecutorSettings.DEFAULTS
                .withDevice(device())
                .withStrategy("threads")
                .withLanes(LaneSettings.DEFAULTS.withCount(lanes))
                .withBackendSettings(BackendSettings.DEFAULTS.withPath(path)))
        .build();
  }

  private static LoadedModel load(InferenceExecutor executor, String name) {
    return executor.load(ModelSource.of(models().resolve(name + ".pt")));
  }

  /** Infers and compares; the inputs stay the caller's. */
  private static void assertRight(LoadedModel model, NamedTensors inputs, NamedTensors expected) {
    try (InferenceResult result = model.infer(InferenceRequest.of(inputs))) {
      Together.assertEqual(result.outputs(), expected, OF_PYTORCH);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mlp, EAGER",
    "mlp, GRAPH",
    "bert_tiny, EAGER",
    "bert_tiny, GRAPH",
    "mobilenet_v3_small, EAGER",
    "mobilenet_v3_small, GRAPH",
    "lstm_tagger, EAGER",
    "lstm_tagger, GRAPH",
  })
  void lanes_16Times300_areAsInPyTorch(String name, PathMode mode) {
    ExecutorService callers = Executors.newFixedThreadPool(LANES);
    try (InferenceExecutor executor = executor(LANES, mode, 512);
        LoadedModel model = load(executor, name)) {
      CompletableFuture<?>[] all = new CompletableFuture<?>[LANES];
      for (int caller = 0; caller < LANES; caller++) {
        int rows = caller % 2 == 0 ? 1 : 4;
        all[caller] = CompletableFuture.runAsync(() -> repeat(model, name, rows), callers);
      }
      CompletableFuture.allOf(all).join();
      assertThat(executor.snapshot().models().get(0).notes()).isEmpty();
    } finally {
      callers.shutdown();
    }
  }

  private static void repeat(LoadedModel model, String name, int rows) {
    try (NamedTensors in = inputs(name, rows);
        NamedTensors out = arrays(name, "b" + rows + "_out_")) {
      for (int i = 0; i < RUNS; i++) {
        assertRight(model, in, out);
      }
    }
  }

  /** There is room for one recording, and two shapes take turns. */
  @ParameterizedTest
  @ValueSource(strings = {"mlp", "bert_tiny", "mobilenet_v3_small", "lstm_tagger"})
  void recordings_evictedAThousandTimes_areAsInPyTorch(String name) {
    try (InferenceExecutor executor = executor(1, PathMode.GRAPH, 1);
        LoadedModel model = load(executor, name);
        NamedTensors one = inputs(name, 1);
        NamedTensors oneOut = arrays(name, "b1_out_");
        NamedTensors four = inputs(name, 4);
        NamedTensors fourOut = arrays(name, "b4_out_")) {
      for (int eviction = 0; eviction < EVICTIONS; eviction++) {
        for (int i = 0; i <= RUNS_UNTIL_RECORDED; i++) {
          boolean small = eviction % 2 == 0;
          assertRight(model, small ? one : four, small ? oneOut : fourOut);
        }
      }
    }
  }

  @Test
  void modelThatCannotBeRecorded_saysSoInTheSnapshot(@TempDir Path directory) {
    String looks =
        """
        def forward(self, x: Tensor) -> Tensor:
          if float(x[0]) > 5:
            return x * x
          return x + x
        """;
    Path file = ScriptModels.script(directory.resolve("looks.pt"), looks);
    try (InferenceExecutor executor = executor(1, PathMode.AUTO, 512);
        LoadedModel model = executor.load(file)) {
      for (int i = 0; i < 40; i++) {
        float x = i % 10;
        try (Tensor input = Tensor.of(new float[] {x}, 1);
            InferenceResult result = model.infer(input)) {
          assertThat(result.outputs().get(0).toFloatArray()).containsExactly(x > 5 ? x * x : x + x);
        }
      }
      assertThat(executor.snapshot().models().get(0).notes())
          .singleElement()
          .asString()
          .startsWith("on cuda:0 it runs operation by operation: ");
    }
  }
}
