package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OneEventTest {
  private static final int INFERENCES = 50;

  @TempDir Path directory;

  /** A second one would be a second wait for the device: outputs were taken after their event. */
  @Test
  void infer_onADevice_recordsOneEventEach() {
    TorchRuntime runtime = TorchRuntime.load();
    ScriptedDriver driver = new ScriptedDriver(4);
    try (TorchBackend backend =
            new TorchBackend(
                runtime,
                BackendSettings.DEFAULTS,
                DeviceFinder.look(),
                (device, settings) -> driver.device(settings));
        InferenceExecutor executor = InferenceExecutor.builder().backend(backend).build();
        LoadedModel model = executor.load(ScriptModels.identity(directory.resolve("same.pt")));
        Tensor x = Tensor.of(new float[4], 4)) {
      model.infer(x).close();
      int before = driver.records.get();
      for (int i = 0; i < INFERENCES; i++) {
        model.infer(x).close();
        model.submit(x.share()).join().close();
      }
      assertThat(driver.records.get() - before).isEqualTo(2 * INFERENCES);
    }
  }
}
