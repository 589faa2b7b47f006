package io.mpsparallel.processes;

/**
 * The thread that starts, watches and replaces workers: looks at each ten times a second while one
 * has work, else sleeps until something happens. It does what {@link Life} says. It never waits for
 * a worker.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class Supervisor implements AutoCloseable {
  Supervisor(Members members, Launcher launcher, StartBreaker breaker) {}

  void start() {
    throw new UnsupportedOperationException("to be built");
  }

  /** Something happened: look now. */
  void wake() {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("to be built");
  }
}
