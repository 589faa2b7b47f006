package io.mpsparallel.mps;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Waiting for an event by asking the device again and again, which has a limit where libtorch's own
 * waits have none. Any thread.
 *
 * <p>A sleep is never shorter than about 50 microseconds (the slack of Linux' timers), longer than
 * a small forward, so a thread stays awake at first; but only while some CPU is left for others,
 * such as those that encode. Each query takes a lock of the driver, which launches want too, so
 * there is half a microsecond between two.
 */
final class EventPoll {
  private static final int CPUS = Runtime.getRuntime().availableProcessors();
  private static final long AWAKE_NANOS = 2_000_000; // while half of the CPUs are left
  private static final long CROWDED_AWAKE_NANOS = 200_000;
  private static final long SLEEP_NANOS = 50_000;
  private static final int SPINS = 16;

  private static final AtomicInteger AWAKE = new AtomicInteger();

  private EventPoll() {}

  /** As {@link EventDriver#await}. */
  static <E> boolean await(EventDriver<E> driver, E event, long nanos) {
    if (driver.query(event)) {
      return true;
    }
    long start = System.nanoTime();
    return awake(driver, event, start, nanos)
        || poll(driver, event, start, nanos, EventPoll::sleep);
  }

  private static <E> boolean awake(EventDriver<E> driver, E event, long start, long nanos) {
    try {
      int others = AWAKE.incrementAndGet();
      long limit = others <= CPUS / 2 ? AWAKE_NANOS : CROWDED_AWAKE_NANOS;
      return others < CPUS && poll(driver, event, start, Math.min(nanos, limit), EventPoll::spin);
    } finally {
      AWAKE.decrementAndGet();
    }
  }

  private static <E> boolean poll(
      EventDriver<E> driver, E event, long start, long nanos, Runnable pause) {
    while (!driver.query(event)) {
      if (System.nanoTime() - start >= nanos || Thread.currentThread().isInterrupted()) {
        return false;
      }
      pause.run();
    }
    return true;
  }

  private static void spin() {
    for (int i = 0; i < SPINS; i++) {
      Thread.onSpinWait();
    }
  }

  private static void sleep() {
    LockSupport.parkNanos(SLEEP_NANOS);
  }
}
