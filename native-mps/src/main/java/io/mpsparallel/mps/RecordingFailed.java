package io.mpsparallel.mps;

/** Some work cannot be recorded, for instance because it waits for the device in the middle. */
final class RecordingFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RecordingFailed(String why, Throwable cause) {
    super(why, cause);
  }
}
