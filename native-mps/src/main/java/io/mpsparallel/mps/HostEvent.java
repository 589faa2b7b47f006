package io.mpsparallel.mps;

import io.mpsparallel.backend.Event;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;

/** The event of a run that was done when it returned. Any thread. */
final class HostEvent implements Event {
  private volatile boolean closed;

  @Override
  public boolean isDone() {
    checkOpen();
    return true;
  }

  @Override
  public void await(Duration timeout) {
    checkOpen();
  }

  @Override
  public Duration elapsedSince(Event earlier) {
    checkOpen();
    throw new InferenceException(
        ErrorCode.MISUSE, "elapsed time: the event of a run is not timed; record one that is");
  }

  @Override
  public void close() {
    closed = true;
  }

  private void checkOpen() {
    if (closed) {
      throw new InferenceException(ErrorCode.CLOSED, "event: used after it was closed");
    }
  }
}
