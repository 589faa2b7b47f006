package io.mpsparallel.processes;

import java.util.concurrent.CompletableFuture;

/** A process that was started, and the link to it. Any thread. */
interface WorkerProcess {
  ParentLink link();

  long pid();

  /** {@return resident memory in bytes, as the operating system says; 0 if it does not} */
  long residentBytes();

  /** Ends it at once, with a signal that nothing can hold back. */
  void kill();

  /** Done when the process is gone and the end of its log is there. */
  CompletableFuture<Death> death();
}
