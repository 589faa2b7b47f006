package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.adaptive.AdaptiveProvider;
import io.mpsparallel.batching.BatchingProvider;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.mps.TorchBackendProvider;
import io.mpsparallel.processes.ProcessesProvider;
import io.mpsparallel.settings.AdaptiveSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.threads.ThreadsProvider;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Worker processes as a choice of {@code adaptive}, beside the lanes that serve until they run. */
@Timeout(120)
final class AdaptiveOnProcessesTest {
  private static final String SCRIPT = "def forward(self, x: Tensor) -> Tensor:\n  return x * x\n";

  @TempDir Path folder;

  private static InferenceExecutor executor(String choice) {
    return InferenceExecutor.builder()
        .settings(
            ProcessesOnTorchTest.workers(1)
                .withStrategy(AdaptiveProvider.ID)
                .withAdaptive(AdaptiveSettings.DEFAULTS.withChoices(choice)))
        .backend(new TorchBackendProvider())
        .strategy(new ThreadsProvider())
        .strategy(new BatchingProvider())
        .strategy(new ProcessesProvider())
        .strategy(new AdaptiveProvider())
        .build();
  }

  private static String served(LoadedModel model, float value) {
    try (InferenceResult result = model.submit(Tensor.of(new float[] {value}, 1, 1)).join()) {
      assertThat(result.tensor().toFloatArray()).containsExactly(value * value);
      return result.served().strategy();
    }
  }

  @ParameterizedTest
  @CsvSource({"processes, processes", "batching-over-processes, batching"})
  void requests_ofWorkerProcesses_areServedBeforeAndAfterTheyRun(String choice, String strategy) {
    Path file = ScriptModels.script(folder.resolve("square.pt"), SCRIPT);
    try (InferenceExecutor executor = executor(choice);
        LoadedModel model = executor.load(file)) {
      assertThat(served(model, 2)).isEqualTo("threads");
      while (!served(model, 3).equals(strategy)) {
        assertThat(model.state()).isNotNull();
      }
      try (Tensor input = Tensor.of(new float[] {4}, 1, 1);
          InferenceResult inline = model.infer(input)) {
        assertThat(inline.tensor().toFloatArray()).containsExactly(16);
        assertThat(inline.served().fallback()).isFalse();
      }
    }
  }
}
