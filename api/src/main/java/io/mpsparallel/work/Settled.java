package io.mpsparallel.work;

import org.jspecify.annotations.Nullable;

/**
 * Who is told how a request ended, before its caller can see it. Any thread; what it does must be
 * quick, and not throw.
 */
@FunctionalInterface
public interface Settled {
  /**
   * A request has ended; once.
   *
   * @param result its answer, if it has one
   * @param failure why it failed; null if it has an answer or was cancelled
   */
  void settled(@Nullable InferenceResult result, @Nullable Throwable failure);
}
