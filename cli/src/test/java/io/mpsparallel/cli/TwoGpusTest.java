package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What only a host with two NVIDIA GPUs can show; on request only. */
@Tag("gpus")
@Timeout(300)
final class TwoGpusTest {
  private static final String BOTH = "cuda:0..1";
  private static final double WITHIN = 1e-5;
  private static final int CALLERS = 16;
  private static final int RUNS = 300;
  private static final int SHAPES = 4;

  @TempDir Path folder;

  /** Rows that differ from request to request. */
  private static NamedTensors rows(int rows) {
    float[] values = new float[rows * 64];
    for (int i = 0; i < values.length; i++) {
      values[i] = ((i * 31 + rows * 17) % 101) / 50f - 1;
    }
    return NamedTensors.of(Tensor.of(values, rows, 64));
  }

  /** Blocking calls and submitted ones; recordings come to be on both, and answers stay right. */
  @ParameterizedTest
  @CsvSource({"threads, 2", "threads, 8", "batching, 2", "adaptive, auto"})
  void requests_areSpreadOverBothAndRight(String strategy, String lanes) {
    ModelSource source =
        ModelSource.of(ScriptModels.mlp(folder.resolve("mlp.pt"), 5, 64, 256, 256, 10));
    List<NamedTensors> inputs = new ArrayList<>();
    for (int i = 1; i <= SHAPES; i++) {
      inputs.add(rows(i));
    }
    List<InferenceResult> expected = Together.alone(source, inputs);
    Set<Device> served = ConcurrentHashMap.newKeySet();
    int count = lanes.equals("auto") ? LaneSettings.AUTO : Integer.parseInt(lanes);
    ExecutorSettings settings =
        ExecutorSettings.DEFAULTS
            .withDevice(BOTH)
            .withStrategy(strategy)
            .withLanes(LaneSettings.DEFAULTS.withCount(count));
    try (InferenceExecutor executor = InferenceExecutor.builder().settings(settings).build();
        LoadedModel model = executor.load(source)) {
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (int caller = 0; caller < CALLERS; caller++) {
        int number = caller;
        callers.add(
            CompletableFuture.runAsync(
                () -> call(model, number, inputs, expected, served),
                task -> new Thread(task, "caller").start()));
      }
      callers.forEach(CompletableFuture::join);
      assertThat(served).containsExactlyInAnyOrder(Device.cuda(0), Device.cuda(1));
      assertThat(executor.snapshot().models().get(0).notes()).isEmpty();
    }
    inputs.forEach(NamedTensors::close);
    expected.forEach(InferenceResult::close);
  }

  private static void call(
      LoadedModel model,
      int caller,
      List<NamedTensors> inputs,
      List<InferenceResult> expected,
      Set<Device> served) {
    for (int i = 0; i < RUNS; i++) {
      int shape = (i + caller) % SHAPES;
      NamedTensors own = inputs.get(shape).share();
      try (InferenceResult result =
          caller % 2 == 0 ? model.submit(InferenceRequest.of(own)).join() : inferred(model, own)) {
        Together.assertEqual(result.outputs(), expected.get(shape).outputs(), WITHIN);
        served.add(result.served().device());
      }
    }
  }

  private static InferenceResult inferred(LoadedModel model, NamedTensors own) {
    try (own) {
      return model.infer(InferenceRequest.of(own));
    }
  }
}
