package io.mpsparallel.settings;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;

/** Range checks with one form of message. */
final class Check {
  private Check() {}

  static void range(String key, long value, long min, long max) {
    if (value < min || value > max) {
      throw invalid(key, value, min + ".." + max);
    }
  }

  static void positive(String key, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw invalid(key, value, "more than 0");
    }
  }

  static void notNegative(String key, Duration value) {
    if (value.isNegative()) {
      throw invalid(key, value, "at least 0");
    }
  }

  static InferenceException invalid(String key, Object value, String expected) {
    return new InferenceException(
        ErrorCode.CONFIG_INVALID, key + ": " + value + " (expected: " + expected + ")");
  }
}
