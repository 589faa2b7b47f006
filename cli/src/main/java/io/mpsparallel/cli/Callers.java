package io.mpsparallel.cli;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Threads that make one blocking call after another, as callers of the library do, until so many
 * are done or the time is up. Each keeps a histogram of its own. One measurement, one thread.
 */
final class Callers {
  private static final Duration PROGRESS = Duration.ofMillis(200);

  private final int threads;
  private final long requests;
  private final Duration limit;
  private final Ticker ticker;
  private final Call call;
  private final AtomicLong next = new AtomicLong();
  private final AtomicLong done = new AtomicLong();
  private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
  private final CountDownLatch ready;
  private final CountDownLatch start = new CountDownLatch(1);
  private final CountDownLatch ended;
  private final Histogram[] histograms;
  private volatile long startNanos;

  /** One blocking call. */
  @FunctionalInterface
  interface Call {
    /**
     * Makes the call.
     *
     * @param caller which thread calls, from 0
     * @param request which request it is, from 0
     */
    void run(int caller, long request);
  }

  /** Hears how far a measurement is. */
  @FunctionalInterface
  interface Progress {
    /** Nobody listens. */
    Progress NONE = (done, elapsed) -> {};

    /**
     * Called several times a second.
     *
     * @param done requests that were answered
     * @param elapsed since the start
     */
    void at(long done, Duration elapsed);
  }

  /**
   * What was measured.
   *
   * @param requests requests that were answered
   * @param elapsed from the first start to the last answer
   * @param latencies nanoseconds of each call
   */
  record Measured(long requests, Duration elapsed, Histogram latencies) {
    double perSecond() {
      return requests / Math.max(1e-9, elapsed.toNanos() / 1e9);
    }

    Duration percentile(double percent) {
      return Duration.ofNanos(latencies.getValueAtPercentile(percent));
    }
  }

  /**
   * Prepares a measurement.
   *
   * @param threads how many callers
   * @param requests how many requests, all callers together
   * @param limit for how long at the most; calls under way are finished
   * @param ticker the clock
   * @param call what each caller does
   */
  Callers(int threads, long requests, Duration limit, Ticker ticker, Call call) {
    this.threads = threads;
    this.requests = requests;
    this.limit = limit;
    this.ticker = ticker;
    this.call = call;
    ready = new CountDownLatch(threads);
    ended = new CountDownLatch(threads);
    histograms = new Histogram[threads];
  }

  /**
   * Measures. Once.
   *
   * @param progress who hears of it
   * @return what was measured
   * @throws RuntimeException the first failure of a call; then the callers have stopped
   */
  Measured run(Progress progress) {
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int caller = i;
      callers.add(new Thread(() -> work(caller), "mps-parallel-caller-" + i));
      callers.get(i).setDaemon(true);
      callers.get(i).start();
    }
    try {
      ready.await();
      startNanos = ticker.nanos();
      start.countDown();
      while (!ended.await(PROGRESS.toNanos(), TimeUnit.NANOSECONDS)) {
        progress.at(done.get(), elapsed());
      }
    } catch (InterruptedException e) {
      fail(new InferenceException(ErrorCode.CANCELLED, "interrupted while it measured", e));
      callers.forEach(Thread::interrupt);
      start.countDown();
      callers.forEach(Callers::joinFully); // they still use what the caller of this lent them
      Thread.currentThread().interrupt();
    }
    return result(elapsed());
  }

  private static void joinFully(Thread thread) {
    boolean joined = false;
    while (!joined) {
      try {
        thread.join();
        joined = true;
      } catch (InterruptedException e) {
        joined = !thread.isAlive(); // the flag is set again when all are done
      }
    }
  }

  private Measured result(Duration elapsed) {
    RuntimeException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
    Histogram all = new Histogram(3);
    for (Histogram one : histograms) {
      all.add(one);
    }
    return new Measured(done.get(), elapsed, all);
  }

  private Duration elapsed() {
    return Duration.ofNanos(ticker.nanos() - startNanos);
  }

  private void work(int caller) {
    Histogram latencies = new Histogram(3);
    histograms[caller] = latencies;
    try {
      ready.countDown();
      start.await();
      long request = next.getAndIncrement();
      while (request < requests && failure.get() == null && elapsed().compareTo(limit) < 0) {
        long before = ticker.nanos();
        call.run(caller, request);
        latencies.recordValue(Math.max(0, ticker.nanos() - before));
        done.incrementAndGet();
        request = next.getAndIncrement();
      }
    } catch (InterruptedException e) {
      fail(new InferenceException(ErrorCode.CANCELLED, "interrupted", e));
    } catch (RuntimeException e) {
      fail(e);
    } catch (Error e) {
      fail(new InferenceException(ErrorCode.NATIVE_FAILURE, "unexpected: " + e, e));
    } finally {
      ended.countDown();
    }
  }

  private void fail(RuntimeException e) {
    if (!failure.compareAndSet(null, e)) {
      RuntimeException first = failure.get();
      if (first != null && first != e) {
        first.addSuppressed(e);
      }
    }
  }
}
