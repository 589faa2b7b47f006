package io.mpsparallel.batching;

import io.mpsparallel.adaptive.AdaptiveProvider;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.threads.ThreadsProvider;
import java.util.List;

/** The suite of strategies for the one that chooses between lanes and batches on lanes. */
final class AdaptiveSynchronousTest extends BatchingContract {
  AdaptiveSynchronousTest() {
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

  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder();
  }
}
