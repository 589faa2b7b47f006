package io.mpsparallel.processes;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.settings.ExecutorSettings;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Starts worker processes, all from one thread that lives as long as this: the kernel's
 * parent-death signal comes when the thread ends that started the child. Any thread.
 */
interface Launcher extends AutoCloseable {
  /**
   * Starts a process; done when the process runs, long before it is ready.
   *
   * @param name the worker's name, for its log
   * @param depth how many frames can be in hand
   * @return fails with {@code WORKER_START_FAILED} if there is nothing to start, {@code
   *     OUT_OF_MEMORY} if there is no shared memory, {@code CLOSED}
   */
  CompletableFuture<WorkerProcess> start(String name, int depth);

  /**
   * A worker has opened the engine: its natives are unpacked, and later workers are told so. Those
   * can load them side by side; before that, engines let one process after another.
   */
  void engineOpened();

  /**
   * Makes the class-data archive if there is none yet, once for each launcher; in the background,
   * by another process that does what a worker does and ends. It runs on the CPU alone, so that no
   * GPU's memory is needed.
   *
   * @param engine the engine's id
   * @param model what it loads, and runs if one shape is known; or null
   * @return done when that is over, with whether there is an archive; never fails
   */
  CompletableFuture<Boolean> makeArchive(String engine, @Nullable ModelSource model);

  /** {@return the directory for {@link FrameKind#SHARE}} */
  Path weights();

  /**
   * Kills what was started and still runs, and waits until it is gone. Links are closed by those
   * who have them. Idempotent.
   */
  @Override
  void close();

  /**
   * The launcher of this machine's JVM.
   *
   * @throws io.mpsparallel.error.InferenceException {@code WORKER_START_FAILED} if the cache
   *     directory cannot be used
   */
  static Launcher of(ExecutorSettings settings) {
    return new ProcessLauncher(settings);
  }
}
