package io.mpsparallel.batching;

import io.mpsparallel.adaptive.AdaptiveProvider;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.threads.ThreadsProvider;
import java.util.List;

/** The suite of strategies for the one that chooses between two lanes and batches on two lanes. */
abstract class AdaptiveContract extends BatchingContract {
  AdaptiveContract() {
    super(2);
  }

  @Override
  protected StrategyProvider strategyUnderTest() {
    return new AdaptiveProvider();
  }

  @Override
  protected List<StrategyProvider> installedBeside() {
    return List.of(new ThreadsProvider(), new BatchingProvider());
  }

  @Override
  protected List<String> servedBy() {
    return List.of("threads", "batching");
  }
}
