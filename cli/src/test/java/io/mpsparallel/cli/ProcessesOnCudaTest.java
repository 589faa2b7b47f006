package io.mpsparallel.cli;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.testing.ContractModel;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The suite of strategies for worker processes on an NVIDIA GPU; on request only. */
@Tag("gpu")
class ProcessesOnCudaTest extends ProcessesOnTorchTest {
  @Override
  protected ExecutorSettings settings() {
    return super.settings().withDevice("cuda");
  }

  @Override
  protected ExecutorSettings oneLane() {
    return super.oneLane().withDevice("cuda");
  }

  @Override
  protected ModelSource slowModel(int loops, Path into) {
    Path file = into.resolve("slow" + loops + ".pt");
    return ModelSource.of(ScriptModels.script(file, ContractModel.slowGpuScript(loops)));
  }
}
