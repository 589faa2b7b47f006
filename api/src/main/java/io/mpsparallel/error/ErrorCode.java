package io.mpsparallel.error;

/**
 * The stable name of a failure. Names never change meaning and are never reused; {@code
 * docs/errors.md} has a paragraph on each. Immutable, any thread.
 */
public enum ErrorCode {
  /** An input's name, count, dtype, rank, shape, byte length or value range is wrong. */
  INVALID_INPUT(Scope.REQUEST),
  /** The model's own code raised an error while it ran. */
  MODEL_FAILED(Scope.REQUEST),
  /** The model returned, or declares, a value that is no tensor, tuple, list or dict of tensors. */
  UNSUPPORTED_VALUE(Scope.REQUEST),
  /** A tensor, result, model, executor or other object was used after it was closed. */
  CLOSED(Scope.REQUEST),
  /** An output was asked for before the event that says it is there. */
  NOT_READY(Scope.REQUEST),
  /** The bound on waiting work is reached. */
  OVERLOADED(Scope.REQUEST),
  /** The deadline passed before the work reached a device. */
  DEADLINE_EXCEEDED(Scope.REQUEST),
  /** The caller cancelled the request, or was interrupted while it waited. */
  CANCELLED(Scope.REQUEST),
  /** A host buffer, event or stream was used against its rules: wrong thread, order or owner. */
  MISUSE(Scope.REQUEST),
  /** Two workers died, or had to be killed, while they ran this request. */
  REQUEST_QUARANTINED(Scope.REQUEST),

  /** No stream was free within the configured wait. */
  STREAMS_EXHAUSTED(Scope.LANE),
  /** A lane's thread died; its work can run on another. */
  LANE_LOST(Scope.LANE),

  /** The device, or the host, has no memory left after everything spare was given back. */
  OUT_OF_MEMORY(Scope.DEVICE),
  /** The device did not finish within the limit: it hangs, or the work is far too large. */
  DEVICE_TIMEOUT(Scope.DEVICE),
  /** Too many requests failed on this device; for a while, none is tried. */
  CIRCUIT_OPEN(Scope.DEVICE),
  /** The device reported an error that makes it unusable in this process. */
  DEVICE_FAILED(Scope.DEVICE),

  /** Native code failed in a way that has no other name; the process may be damaged. */
  NATIVE_FAILURE(Scope.PROCESS),
  /** The workers that had the request were killed, more often than it may be tried again. */
  WORKER_LOST(Scope.PROCESS),

  /** The model file does not exist or cannot be read. */
  MODEL_NOT_FOUND(Scope.SETUP),
  /** The model file is truncated, damaged, or of a format that no backend here loads. */
  MODEL_INVALID(Scope.SETUP),
  /** A model that was to take over answers differently from the present one. */
  OUTPUTS_DIFFER(Scope.SETUP),
  /** A setting is unknown or has a bad value. */
  CONFIG_INVALID(Scope.SETUP),
  /** The backend or strategy asked for is not installed. */
  NOT_INSTALLED(Scope.SETUP),
  /** The device asked for is not present, or the backend has no support for it. */
  DEVICE_UNAVAILABLE(Scope.SETUP),
  /** The native libraries are missing, of another version, or loaded twice. */
  NATIVE_UNAVAILABLE(Scope.SETUP),
  /** No worker process could be started. */
  WORKER_START_FAILED(Scope.SETUP);

  /** What a failure is about, which decides who else is affected and what may be tried next. */
  public enum Scope {
    /** This request alone: a batch that held it is bisected, the others go on. */
    REQUEST,
    /** One lane: its work can be tried on another. */
    LANE,
    /** A device: its circuit breaker counts it, and bisecting would not help. */
    DEVICE,
    /** The whole process: only replacing it helps. */
    PROCESS,
    /** A call that sets something up; no request was under way. */
    SETUP
  }

  private final Scope scope;

  ErrorCode(Scope scope) {
    this.scope = scope;
  }

  /** {@return what the failure is about} */
  public Scope scope() {
    return scope;
  }
}
