package io.mpsparallel.processes;

/**
 * A worker's loop: takes a frame, does what it asks for, answers. Models by number, one stream, a
 * slot for each model; inputs are tensors over the slab. What fails is answered; what nobody
 * expects ends the process. The main thread.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class Worker {
  Worker(WorkerLink link) {}

  /** Until the parent is gone or says END. */
  void serve() {
    throw new UnsupportedOperationException("to be built");
  }
}
