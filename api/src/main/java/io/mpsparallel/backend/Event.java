package io.mpsparallel.backend;

import java.time.Duration;

/**
 * A point on a stream. Any thread may ask; whoever made it closes it, after which any use is a
 * {@code CLOSED} error. Waiting never holds the device's gate.
 */
public interface Event extends AutoCloseable {
  /**
   * Whether the device has passed the point.
   *
   * @return false as well if nothing was recorded yet
   * @throws io.mpsparallel.error.InferenceException {@code DEVICE_FAILED} if the device reported an
   *     error
   */
  boolean isDone();

  /**
   * Waits for the point.
   *
   * @param timeout for how long
   * @throws io.mpsparallel.error.InferenceException {@code DEVICE_TIMEOUT} if it was not reached;
   *     {@code MISUSE} if nothing was recorded; {@code CANCELLED} if the thread was interrupted,
   *     with its flag set again; {@code DEVICE_FAILED} if the device reported an error
   */
  void await(Duration timeout);

  /**
   * The time that the device took from one event to another.
   *
   * @param earlier the first; both must be timed, recorded and done
   * @return the time between them
   * @throws io.mpsparallel.error.InferenceException {@code MISUSE} if one is not timed or not
   *     recorded, {@code NOT_READY} if one is not done
   */
  Duration elapsedSince(Event earlier);

  /** Gives the event back to its pool. Idempotent. */
  @Override
  void close();
}
