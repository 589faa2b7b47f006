package io.mpsparallel.threads;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.testing.EncodeObserver;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.MpsRulesBackend;
import java.util.function.Function;

/**
 * One lane breaks none of the rules of Apple's queues, as seen from outside its engine; from there
 * several lanes that wait at the engine's gate look as if they encoded.
 */
final class ThreadsWatchedTest extends ThreadsContract {
  ThreadsWatchedTest() {
    super(1, 2);
  }

  @Override
  protected Plan plan(int lanes) {
    return super.plan(1);
  }

  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder().apple();
  }

  @Override
  protected Backend engine(Function<EncodeObserver, FakeBackend> opening) {
    return MpsRulesBackend.watching(opening.apply(EncodeObserver.NONE));
  }
}
