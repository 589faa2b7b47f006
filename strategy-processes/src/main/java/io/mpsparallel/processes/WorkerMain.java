package io.mpsparallel.processes;

/**
 * Where a worker process begins: not to be called. Its arguments: the file of segment 0, its
 * length, the parent's process id, the longest spin in nanoseconds.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
public final class WorkerMain {
  private WorkerMain() {}

  /**
   * Serves the parent until it ends or says so.
   *
   * @param args see above
   */
  public static void main(String[] args) {
    throw new UnsupportedOperationException("to be built");
  }
}
