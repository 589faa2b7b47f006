package io.mpsparallel.testing;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;

/** Small things that the fakes share. */
final class Fakes {
  private Fakes() {}

  static InferenceException misuse(String what) {
    return new InferenceException(ErrorCode.MISUSE, what);
  }

  static InferenceException closed(String what) {
    return new InferenceException(ErrorCode.CLOSED, what + " was closed");
  }

  static InferenceException timeout(String what, Duration timeout) {
    return new InferenceException(
        ErrorCode.DEVICE_TIMEOUT, what + ": not done after " + timeout.toMillis() + " ms");
  }

  /** Keeps the thread's flag, as the SPI asks. */
  static InferenceException interrupted(String what, InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new InferenceException(ErrorCode.CANCELLED, what + ": interrupted", cause);
  }

  static long clampedNanos(Duration duration) {
    return duration.compareTo(Duration.ofDays(365)) > 0
        ? Duration.ofDays(365).toNanos()
        : duration.toNanos();
  }
}
