package io.mpsparallel.mps;

import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.testing.ContractModel;
import io.mpsparallel.testing.StrategyContract;
import java.nio.file.Path;

/** The contract of strategies, for one lane on libtorch's CPU. */
class TorchCpuStrategyTest extends StrategyContract {
  @Override
  protected StrategyProvider strategyUnderTest() {
    return new SingleLaneProvider();
  }

  @Override
  protected BackendProvider engine() {
    return new TorchBackendProvider();
  }

  @Override
  protected ExecutorSettings settings() {
    return ExecutorSettings.DEFAULTS.withDevice("cpu");
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
