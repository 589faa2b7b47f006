package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import org.assertj.core.api.AbstractStringAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Asserts which error a call ends with. */
final class Failures {
  private Failures() {}

  /** Asserts that a call fails with a code; what is returned looks at its message. */
  static AbstractStringAssert<?> assertFails(ErrorCode code, ThrowingCallable call) {
    InferenceException e = catchThrowableOfType(InferenceException.class, call);
    assertThat(e).as("an error of code %s", code).isNotNull();
    assertThat(e.code()).isEqualTo(code);
    return assertThat(e.getMessage());
  }
}
