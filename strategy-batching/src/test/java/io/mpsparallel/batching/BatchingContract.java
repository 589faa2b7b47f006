package io.mpsparallel.batching;

import io.mpsparallel.settings.BatchSizes;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.testing.InProcessStrategyContract;
import io.mpsparallel.threads.ThreadsProvider;
import java.util.List;

/**
 * The suite of strategies for batches on lanes. One batch at a time on each, since what a deeper
 * lane takes depends on how much waits; for those see {@link FaultsTest} and {@link DelayTest}.
 */
abstract class BatchingContract extends InProcessStrategyContract {
  private final int lanes;

  BatchingContract(int lanes) {
    this.lanes = lanes;
  }

  @Override
  protected StrategyProvider strategyUnderTest() {
    return new BatchingProvider();
  }

  @Override
  protected List<StrategyProvider> installedBeside() {
    return List.of(new ThreadsProvider());
  }

  @Override
  protected ExecutorSettings settings() {
    return anySize(lanes(lanes, 1));
  }

  /** Without rows that are added, for the suite counts those that are computed. */
  static ExecutorSettings anySize(ExecutorSettings settings) {
    return settings.withBatching(settings.batching().withSizes(BatchSizes.ANY));
  }

  @Override
  protected ExecutorSettings oneLane() {
    return lanes(1, 1).withBatching(BatchingSettings.DEFAULTS.withMost(1, 1 << 20));
  }

  static ExecutorSettings lanes(int count, int depth) {
    return ExecutorSettings.DEFAULTS.withLanes(
        LaneSettings.DEFAULTS.withCount(count).withDepth(depth));
  }

  @Override
  protected int inFlight() {
    return lanes;
  }
}
