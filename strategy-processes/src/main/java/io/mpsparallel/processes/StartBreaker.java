package io.mpsparallel.processes;

import java.time.Duration;

/**
 * Opens after three starts in a row, of any place, that die before an answer; then one start at a
 * time is tried. The one class here that knows the breaker's library. Any thread.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class StartBreaker {
  StartBreaker(Duration most) {}

  boolean mayStart() {
    throw new UnsupportedOperationException("to be built");
  }

  void diedBeforeAnAnswer(Death death) {
    throw new UnsupportedOperationException("to be built");
  }

  void answered() {
    throw new UnsupportedOperationException("to be built");
  }
}
