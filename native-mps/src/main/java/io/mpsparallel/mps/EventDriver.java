package io.mpsparallel.mps;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * What a device does with events. Any thread; an event that is asked about is not destroyed
 * meanwhile.
 *
 * @param <E> what the device calls an event
 */
interface EventDriver<E> {
  /** Small forwards take less; and the shortest sleep of a thread takes as long. */
  long SPIN_NANOS = 100_000;

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
    long start = System.nanoTime();
    while (!query(event)) {
      long elapsed = System.nanoTime() - start;
      if (elapsed >= nanos || Thread.currentThread().isInterrupted()) {
        return false;
      }
      pause(elapsed, nanos - elapsed);
    }
    return true;
  }

  /** Each query takes a lock of the driver, which those who launch want: not too many of them. */
  private static void pause(long elapsed, long left) {
    if (elapsed < SPIN_NANOS) {
      for (int i = 0; i < 16; i++) {
        Thread.onSpinWait();
      }
    } else {
      LockSupport.parkNanos(Math.min(left, 50_000));
    }
  }
}
