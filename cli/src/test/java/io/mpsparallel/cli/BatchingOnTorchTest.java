package io.mpsparallel.cli;

import io.mpsparallel.batching.BatchingProvider;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.threads.ThreadsProvider;
import java.util.List;

/** The suite of strategies for batches on lanes over libtorch's CPU. */
class BatchingOnTorchTest extends ThreadsOnTorchTest {
  @Override
  protected StrategyProvider strategyUnderTest() {
    return new BatchingProvider();
  }

  @Override
  protected List<StrategyProvider> installedBeside() {
    return List.of(new ThreadsProvider());
  }

  @Override
  protected ExecutorSettings oneLane() {
    return super.oneLane().withBatching(BatchingSettings.DEFAULTS.withMost(1, 1 << 20));
  }
}
