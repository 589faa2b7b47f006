package io.mpsparallel.processes;

import io.mpsparallel.settings.ExecutorSettings;
import java.util.concurrent.CompletableFuture;

/**
 * Starts worker processes, all from one thread that lives as long as this: the kernel's
 * parent-death signal comes when the thread ends that started the child. Any thread.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
interface Launcher extends AutoCloseable {
  /**
   * Starts a process; done when the process runs, long before it is ready.
   *
   * @param name the worker's name, for its log
   * @param depth how many frames can be in hand
   * @return fails with {@code WORKER_START_FAILED} if there is nothing to start
   */
  CompletableFuture<WorkerProcess> start(String name, int depth);

  /** Makes the class-data archive if there is none yet; in the background, by another process. */
  void makeArchive();

  /** Kills what was started and still runs. Idempotent. */
  @Override
  void close();

  /** The launcher of this machine's JVM. */
  static Launcher of(ExecutorSettings settings) {
    throw new UnsupportedOperationException("to be built");
  }
}
