package io.mpsparallel.testing;

import io.mpsparallel.backend.Backend;
import java.util.function.Function;

/** One lane breaks none of the rules of Apple's queues, as seen from outside its engine. */
final class SingleMpsRulesWatchedTest extends SingleAppleTest {
  @Override
  protected Backend engine(Function<EncodeObserver, FakeBackend> opening) {
    return MpsRulesBackend.watching(opening.apply(EncodeObserver.NONE));
  }
}
