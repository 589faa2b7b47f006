package io.mpsparallel.processes;

import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.ProcessSettings.Launch;
import java.nio.file.Path;
import java.time.Duration;

/** Settings for tests with processes: small, and with a cache that the tests share. */
final class RealWorkers {
  private static final Path CACHE = Path.of("target", "workers").toAbsolutePath();

  private RealWorkers() {}

  static ExecutorSettings settings(int workers) {
    Launch launch = new Launch(32L << 20, Duration.ofSeconds(60), true, CACHE.toString());
    return ExecutorSettings.DEFAULTS
        .withLanes(LaneSettings.DEFAULTS.withDepth(1))
        .withProcesses(
            ProcessSettings.DEFAULTS
                .withWorkers(workers)
                .withLaunch(launch)
                .withSlabBytes(1 << 20));
  }
}
