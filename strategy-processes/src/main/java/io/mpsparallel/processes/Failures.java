package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;

/** Failures in bodies: code and message; the cause stays where it happened. Pure functions. */
final class Failures {
  private static final int MOST_CHARS = 8192;

  private Failures() {}

  static void put(BodyWriter out, InferenceException failure) {
    String detail = failure.detail();
    out.putText(failure.code().name());
    out.putText(detail.substring(0, Math.min(MOST_CHARS, detail.length())));
  }

  /** An unknown code is a {@code NATIVE_FAILURE}. */
  static InferenceException get(BodyReader in) {
    String code = in.getText();
    String detail = in.getText();
    for (ErrorCode known : ErrorCode.values()) {
      if (known.name().equals(code)) {
        return new InferenceException(known, detail);
      }
    }
    return new InferenceException(ErrorCode.NATIVE_FAILURE, code + ": " + detail);
  }
}
