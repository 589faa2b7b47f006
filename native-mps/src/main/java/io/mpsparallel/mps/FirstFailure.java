package io.mpsparallel.mps;

import org.jspecify.annotations.Nullable;

/** Runs several steps of which none may keep the others from running. One thread. */
final class FirstFailure {
  private @Nullable RuntimeException first;

  /** Runs a step, and keeps its failure. */
  void run(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      if (first == null) {
        first = e;
      } else if (first != e) {
        first.addSuppressed(e);
      }
    }
  }

  /** Throws the first failure, if there was one; later ones are its suppressed ones. */
  void rethrow() {
    if (first != null) {
      throw first;
    }
  }
}
