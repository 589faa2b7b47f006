package io.mpsparallel.testing;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;

/** What a {@link FakeBackend} counts. Any thread. */
public final class FakeCounts {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** A kind of thing that is opened and closed, or begun and ended. */
  public enum Kind {
    /** Loaded models. */
    MODELS(true),
    /** Slots. */
    SLOTS(true),
    /** Streams from the pool. */
    STREAMS(true),
    /** Events, those from {@code run} included. */
    EVENTS(true),
    /** Forwards that are computed at this moment. */
    FORWARDS(false),
    /** Threads that encode at this moment. */
    ENCODES(false),
    /** Runs, from their encoding until the device has done them. */
    RUNS(false);

    private final boolean closeable;

    Kind(boolean closeable) {
      this.closeable = closeable;
    }
  }

  private static final class Gauge {
    final AtomicInteger now = new AtomicInteger();
    final AtomicInteger high = new AtomicInteger();
    final AtomicInteger total = new AtomicInteger();
  }

  private final Map<Kind, Gauge> gauges = new EnumMap<>(Kind.class);
  private final AtomicInteger doubleReleases = new AtomicInteger();
  private volatile int waiting;

  FakeCounts() {
    for (Kind kind : Kind.values()) {
      gauges.put(kind, new Gauge());
    }
  }

  /** Counts one more; returns its number, from 1. */
  int begin(Kind kind) {
    Gauge gauge = gauges.get(kind);
    gauge.high.accumulateAndGet(gauge.now.incrementAndGet(), Math::max);
    int number = gauge.total.incrementAndGet();
    if (waiting > 0) {
      tellWaiting();
    }
    return number;
  }

  private synchronized void tellWaiting() {
    notifyAll();
  }

  void end(Kind kind) {
    gauges.get(kind).now.decrementAndGet();
    if (waiting > 0) {
      tellWaiting();
    }
  }

  void doubleRelease() {
    doubleReleases.incrementAndGet();
  }

  /**
   * How many there are now.
   *
   * @param kind of what
   * @return the number
   */
  public int open(Kind kind) {
    return gauges.get(kind).now.get();
  }

  /**
   * Waits until there are so many.
   *
   * @param kind of what
   * @param number how many, at least
   * @throws AssertionError if they did not come
   */
  public void awaitOpen(Kind kind, int number) {
    await(kind, now -> now >= number, "at least " + number);
  }

  /**
   * Waits until there are no more than so many.
   *
   * @param kind of what
   * @param number how many, at most
   * @throws AssertionError if they did not go
   */
  public void awaitClosed(Kind kind, int number) {
    await(kind, now -> now <= number, "at most " + number);
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
  private synchronized void await(Kind kind, IntPredicate condition, String expected) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    waiting++;
    try {
      while (!condition.test(open(kind))) {
        long leftMillis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (leftMillis <= 0) {
          throw new AssertionError(kind + ": " + open(kind) + " (expected: " + expected + ")");
        }
        wait(leftMillis);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while it waited for " + kind, e);
    } finally {
      waiting--;
    }
  }

  /**
   * How many there were at most at one moment.
   *
   * @param kind of what
   * @return the number
   */
  public int highWater(Kind kind) {
    return gauges.get(kind).high.get();
  }

  /**
   * How many there have been.
   *
   * @param kind of what
   * @return the number
   */
  public int total(Kind kind) {
    return gauges.get(kind).total.get();
  }

  /** {@return how many forwards were begun} */
  public int forwards() {
    return total(Kind.FORWARDS);
  }

  /** {@return how often a stream was closed that was closed already} */
  public int doubleReleases() {
    return doubleReleases.get();
  }

  /**
   * Checks for leaks: no model, slot, stream or event is open.
   *
   * @throws AssertionError with what is
   */
  public void assertNothingOpen() {
    StringBuilder leaks = new StringBuilder();
    for (Kind kind : Kind.values()) {
      if (kind.closeable && open(kind) != 0) {
        leaks.append(' ').append(kind).append('=').append(open(kind));
      }
    }
    if (leaks.length() > 0) {
      throw new AssertionError("left open:" + leaks);
    }
  }
}
