package io.mpsparallel.batching;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.testing.EncodeObserver;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.MpsRulesBackend;
import java.util.function.Function;

/** Choosing between lanes and batches breaks none of the rules of Apple's queues. */
final class AdaptiveMpsRulesTest extends AdaptiveContract {
  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder().apple();
  }

  @Override
  protected Backend engine(Function<EncodeObserver, FakeBackend> opening) {
    return MpsRulesBackend.reporting(opening);
  }
}
