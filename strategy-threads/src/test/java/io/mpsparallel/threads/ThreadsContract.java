package io.mpsparallel.threads;

import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.testing.InProcessStrategyContract;

/** The suite of strategies for lanes. */
abstract class ThreadsContract extends InProcessStrategyContract {
  private final int lanes;
  private final int depth;

  ThreadsContract(int lanes, int depth) {
    this.lanes = lanes;
    this.depth = depth;
  }

  @Override
  protected StrategyProvider strategyUnderTest() {
    return new ThreadsProvider();
  }

  @Override
  protected ExecutorSettings settings() {
    return lanes(lanes, depth);
  }

  @Override
  protected ExecutorSettings oneLane() {
    return lanes(1, 1);
  }

  static ExecutorSettings lanes(int count, int depth) {
    return ExecutorSettings.DEFAULTS.withLanes(
        LaneSettings.DEFAULTS.withCount(count).withDepth(depth));
  }

  @Override
  protected int inFlight() {
    return lanes * depth;
  }
}
