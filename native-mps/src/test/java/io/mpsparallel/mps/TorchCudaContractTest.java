package io.mpsparallel.mps;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.testing.ContractModel;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The contract of backends, on an NVIDIA GPU; on request only. */
@Tag("gpu")
class TorchCudaContractTest extends TorchCpuContractTest {
  @Override
  protected Device deviceUnderTest(Backend opened) {
    return Device.cuda(0);
  }

  @Override
  protected ModelSource slowModel(int loops, Path into) {
    Path file = into.resolve("slow" + loops + ".pt");
    return ModelSource.of(ScriptModels.script(file, ContractModel.slowGpuScript(loops)));
  }
}
