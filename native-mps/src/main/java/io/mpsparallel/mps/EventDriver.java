package io.mpsparallel.mps;

import java.time.Duration;

/**
 * What a device does with events. Any thread; an event that is asked about is not destroyed
 * meanwhile.
 *
 * @param <E> what the device calls an event
 */
interface EventDriver<E> {
  /** A new event that nothing was recorded on. */
  E create(boolean timed);

  /** Frees an event, which the device has passed or which was never recorded. */
  void destroy(E event);

  /** Whether the device has passed a recorded event. */
  boolean query(E event);

  /** The time between two timed events that the device has passed. */
  Duration elapsed(E from, E to);

  /**
   * Waits for a recorded event.
   *
   * @return false if it was not passed after {@code nanos}, or earlier if the thread is
   *     interrupted, whose flag stays set
   */
  default boolean await(E event, long nanos) {
    return EventPoll.await(this, event, nanos);
  }
}
