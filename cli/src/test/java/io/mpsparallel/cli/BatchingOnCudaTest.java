package io.mpsparallel.cli;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.testing.ContractModel;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The suite of strategies for batches on lanes of an NVIDIA GPU; on request only. */
@Tag("gpu")
class BatchingOnCudaTest extends BatchingOnTorchTest {
  @Override
  protected String device() {
    return "cuda";
  }

  @Override
  protected ModelSource slowModel(int loops, Path into) {
    Path file = into.resolve("slow" + loops + ".pt");
    return ModelSource.of(ScriptModels.script(file, ContractModel.slowGpuScript(loops)));
  }
}
