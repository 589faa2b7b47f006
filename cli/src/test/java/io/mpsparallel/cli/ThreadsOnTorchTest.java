package io.mpsparallel.cli;

import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.mps.TorchBackendProvider;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.testing.ContractModel;
import io.mpsparallel.testing.StrategyContract;
import io.mpsparallel.threads.ThreadsProvider;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The suite of strategies for lanes over libtorch's CPU: here, where both are on the class path.
 */
class ThreadsOnTorchTest extends StrategyContract {
  @Override
  protected StrategyProvider strategyUnderTest() {
    return new ThreadsProvider();
  }

  @Override
  protected BackendProvider engine() {
    return new TorchBackendProvider();
  }

  @Override
  protected ExecutorSettings settings() {
    return lanes(3);
  }

  @Override
  protected ExecutorSettings oneLane() {
    return lanes(1).withLanes(LaneSettings.DEFAULTS.withCount(1).withDepth(1));
  }

  private ExecutorSettings lanes(int count) {
    return ExecutorSettings.DEFAULTS
        .withDevice(device())
        .withLanes(LaneSettings.DEFAULTS.withCount(count));
  }

  /** {@return the device to run on} */
  protected String device() {
    return "cpu";
  }

  @Override
  protected ModelSource model(ContractModel model, Path into) {
    Path file = into.resolve(model.name().toLowerCase(Locale.ROOT) + ".pt");
    return ModelSource.of(ScriptModels.script(file, model.script()));
  }

  @Override
  protected ModelSource slowModel(int loops, Path into) {
    Path file = into.resolve("slow" + loops + ".pt");
    return ModelSource.of(ScriptModels.script(file, ContractModel.slowScript(loops)));
  }
}
