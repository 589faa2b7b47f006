package io.mpsparallel.cli;

import io.mpsparallel.processes.ProcessesProvider;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.ProcessSettings.Launch;
import io.mpsparallel.strategy.StrategyProvider;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/**
 * The suite of strategies for worker processes over libtorch's CPU: minutes, for a hundred starts.
 */
@Tag("long")
class ProcessesOnTorchTest extends ThreadsOnTorchTest {
  @Override
  protected StrategyProvider strategyUnderTest() {
    return new ProcessesProvider();
  }

  @Override
  protected boolean executorOpensEngine() {
    return true;
  }

  @Override
  protected ExecutorSettings settings() {
    return workers(2);
  }

  @Override
  protected ExecutorSettings oneLane() {
    return workers(1);
  }

  static ExecutorSettings workers(int count) {
    Path cache = Path.of("target", "workers").toAbsolutePath();
    Launch launch = ProcessSettings.DEFAULTS.launch();
    return ExecutorSettings.DEFAULTS
        .withDevice("cpu")
        .withLanes(LaneSettings.DEFAULTS.withDepth(1))
        .withProcesses(
            ProcessSettings.DEFAULTS
                .withWorkers(count)
                .withLaunch(
                    new Launch(launch.heapBytes(), launch.limit(), true, cache.toString())));
  }

  /** A start takes half of a core-second. */
  @Override
  protected int repetitions(int full) {
    return Math.max(2, full / 10);
  }
}
