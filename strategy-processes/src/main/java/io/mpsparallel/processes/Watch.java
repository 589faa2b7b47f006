package io.mpsparallel.processes;

/**
 * A worker's second thread, a daemon: ten times a second a sign of life, and once a second a look
 * whether the parent is still the parent; if not, it halts the process, whatever native code does.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class Watch {
  private Watch() {}

  static void start(WorkerLink link, long parentPid) {
    throw new UnsupportedOperationException("to be built");
  }
}
