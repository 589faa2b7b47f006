package io.mpsparallel.processes;

import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.testing.ContractModel;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.testing.StrategyContract;
import java.nio.file.Path;

/** The suite of strategies over real worker processes. */
class ProcessesContractTest extends StrategyContract {
  @Override
  protected StrategyProvider strategyUnderTest() {
    return new ProcessesProvider();
  }

  @Override
  protected BackendProvider engine() {
    return new TroubledProvider();
  }

  @Override
  protected boolean executorOpensEngine() {
    return true;
  }

  @Override
  protected ExecutorSettings settings() {
    return RealWorkers.settings(2);
  }

  @Override
  protected ExecutorSettings oneLane() {
    return RealWorkers.settings(1);
  }

  /** A start takes a third of a core-second. */
  @Override
  protected int repetitions(int full) {
    return Math.max(2, full / 5);
  }

  @Override
  protected ModelSource model(ContractModel model, Path into) {
    return FakeModels.write(into, model);
  }

  @Override
  protected ModelSource slowModel(int loops, Path into) {
    return FakeModels.writeSlow(into, loops);
  }
}
