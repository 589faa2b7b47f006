package io.mpsparallel.processes;

import io.mpsparallel.settings.ExecutorSettings;
import org.jspecify.annotations.Nullable;

/**
 * The workers, and who has leased which. One lock, under which nothing waits and nobody's code
 * runs: what it guards is decided in microseconds, and a request takes ten of them at least. Any
 * thread.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class Members implements AutoCloseable {
  Members(String engine, ExecutorSettings settings) {}

  /** Leases the idle worker that was left last, which may still be looking; null if none is. */
  @Nullable Member leaseIdle() {
    throw new UnsupportedOperationException("to be built");
  }

  /** Ends a lease: chores first; then the worker's own thread if there is work, else idle. */
  void giveBack(Member member) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Changes how many there are. Those that go finish what is in flight; nobody waits for that. */
  void resize(int workers) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Forgets a model in every worker, when that has time. */
  void unload(ProcessModel model) {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("to be built");
  }
}
