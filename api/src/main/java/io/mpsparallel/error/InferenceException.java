package io.mpsparallel.error;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The one exception of this library. Its message begins with the code, says what failed and the
 * live values, and, where there is one, the next step. Immutable, any thread.
 */
public final class InferenceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  /**
   * Makes an exception.
   *
   * @param code what kind of failure
   * @param message what failed, with values and the next step; without the code
   */
  public InferenceException(ErrorCode code, String message) {
    this(code, message, null);
  }

  /**
   * Makes an exception with a cause.
   *
   * @param code what kind of failure
   * @param message what failed, with values and the next step; without the code
   * @param cause what was caught, or null
   */
  public InferenceException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(requireNonNull(code, "code") + ": " + requireNonNull(message, "message"), cause);
    this.code = code;
  }

  private InferenceException(InferenceException origin) {
    super(origin.getMessage(), origin);
    this.code = origin.code;
  }

  /**
   * The same failure as seen by the calling thread, whose trace it has; the cause is this one, with
   * the trace of the thread where it happened.
   *
   * @return a new exception of the same code and message
   */
  public InferenceException seenHere() {
    return new InferenceException(this);
  }

  /** {@return what kind of failure this is} */
  public ErrorCode code() {
    return code;
  }

  /** {@return the message without the code, to stand in the message of another} */
  public String detail() {
    return String.valueOf(getMessage()).substring((code + ": ").length());
  }

  /** {@return what the failure is about} */
  public ErrorCode.Scope scope() {
    return code.scope();
  }
}
