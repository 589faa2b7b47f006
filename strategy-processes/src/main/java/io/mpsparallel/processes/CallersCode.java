package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what callers' code does, in continuations and release actions, from ending our threads. */
final class CallersCode {
  private static final Logger LOG = LoggerFactory.getLogger(CallersCode.class);

  private CallersCode() {}

  /** Runs what may run callers' code; whatever that throws is logged. */
  static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      LOG.warn("unexpected failure", e);
    }
  }

  /** What to tell a caller of something that was thrown. */
  static InferenceException failure(Throwable e) {
    if (e instanceof InferenceException known) {
      return known;
    }
    LOG.warn("unexpected failure", e);
    return new InferenceException(ErrorCode.NATIVE_FAILURE, "unexpected: " + e, e);
  }
}
