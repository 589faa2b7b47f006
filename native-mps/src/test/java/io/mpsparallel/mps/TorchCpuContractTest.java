package io.mpsparallel.mps;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.testing.BackendContract;
import io.mpsparallel.testing.ContractModel;
import java.nio.file.Path;

/** The contract of backends, on libtorch's CPU. */
class TorchCpuContractTest extends BackendContract {
  @Override
  protected Backend open(BackendSettings settings) {
    return TorchBackend.open(settings);
  }

  @Override
  protected Device deviceUnderTest(Backend opened) {
    return Device.CPU;
  }

  @Override
  protected ModelSource model(ContractModel model, Path into) {
    return TorchModels.write(model, into);
  }

  @Override
  protected ModelSource slowModel(int loops, Path into) {
    return TorchModels.slow(loops, into);
  }
}
