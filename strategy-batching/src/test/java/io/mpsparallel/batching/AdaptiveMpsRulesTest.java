package io.mpsparallel.batching;

import io.mpsparallel.adaptive.AdaptiveProvider;
import io.mpsparallel.backend.Backend;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.testing.EncodeObserver;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.MpsRulesBackend;
import io.mpsparallel.threads.ThreadsProvider;
import java.util.List;
import java.util.function.Function;

/** Choosing between lanes and batches breaks none of the rules of Apple's queues. */
final class AdaptiveMpsRulesTest extends BatchingContract {
  AdaptiveMpsRulesTest() {
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
    return FakeBackend.builder().apple();
  }

  @Override
  protected Backend engine(Function<EncodeObserver, FakeBackend> opening) {
    return MpsRulesBackend.reporting(opening);
  }
}
