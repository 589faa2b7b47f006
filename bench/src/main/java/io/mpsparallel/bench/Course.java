package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One load under way: hands out the numbers of requests until the limit is reached or a request has
 * failed, and brings together what its workers have seen. Any thread.
 */
final class Course {
  /** Instead of a number: no more requests. */
  static final long OVER = -1;

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Limit limit;
  private final Ticker ticker;
  private final CountDownLatch working;
  private final AtomicLong next = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Histogram latencies = Measured.histogram(); // guarded by this
  private volatile long startNanos;
  private volatile long endNanos;

  Course(int workers, Limit limit, Ticker ticker) {
    this.limit = limit;
    this.ticker = ticker;
    working = new CountDownLatch(workers);
  }

  /** Starts the clock; before the first request. */
  void start() {
    startNanos = ticker.nanos();
    endNanos = startNanos;
  }

  long now() {
    return ticker.nanos();
  }

  /** {@return the number of the next request, or {@link #OVER}} */
  long next() {
    if (failure.get() != null || now() - startNanos >= limit.time().toNanos()) {
      return OVER;
    }
    long request = next.getAndIncrement();
    return request < limit.requests() ? request : OVER;
  }

  /** A request failed: there will be no more. */
  void fail(Throwable why) {
    if (!failure.compareAndSet(null, why)) {
      Throwable first = failure.get();
      if (first != null && first != why) {
        first.addSuppressed(why);
      }
    }
  }

  /** A worker makes no more requests, and has all its answers. */
  void end(Histogram seen) {
    synchronized (this) {
      latencies.add(seen);
      endNanos = Math.max(endNanos, now());
    }
    working.countDown();
  }

  /**
   * Waits for all workers.
   *
   * @return what they have seen
   * @throws IllegalStateException if a request failed, or answers are missing a minute after the
   *     end
   */
  Measured await() {
    long most = limit.time().plus(PATIENCE).toNanos();
    boolean all;
    try {
      all = working.await(most, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while it measured", e);
    }
    Throwable failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("a request failed: " + failed, failed);
    }
    if (!all) {
      throw new IllegalStateException("answers are missing: " + working.getCount() + " wait");
    }
    return measured();
  }

  private synchronized Measured measured() {
    Duration elapsed = Duration.ofNanos(endNanos - startNanos);
    return Measured.closed(elapsed, latencies.copy());
  }
}
