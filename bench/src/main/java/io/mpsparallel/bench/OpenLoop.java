package io.mpsparallel.bench;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Submits at the times of a schedule, however many requests are under way. Used once. */
final class OpenLoop {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Job job;
  private final Ticker ticker;
  private final LongAdder answered = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final AtomicLong open = new AtomicLong(1); // one for the pacing itself
  private final CompletableFuture<Void> allOver = new CompletableFuture<>();
  private final Histogram fromIntended = new ConcurrentHistogram(3);
  private final Histogram fromSubmit = new ConcurrentHistogram(3);
  private final Histogram late = Measured.histogram();

  /**
   * What became of the requests.
   *
   * @param offered how many were submitted
   * @param answered how many have an answer
   * @param rejected how many were refused: {@code OVERLOADED}
   * @param failed how many failed otherwise
   * @param fromIntended nanoseconds of the answered ones, from the start that the schedule wanted
   * @param fromSubmit the same from the submit
   * @param late nanoseconds by which all were submitted after the time of the schedule
   */
  record Outcome(
      long offered,
      long answered,
      long rejected,
      long failed,
      Histogram fromIntended,
      Histogram fromSubmit,
      Histogram late) {
    /** {@return whether each request was answered or refused, and none failed otherwise} */
    boolean isComplete() {
      return failed == 0 && answered + rejected == offered;
    }
  }

  OpenLoop(Job job, Ticker ticker) {
    this.job = job;
    this.ticker = ticker;
  }

  /**
   * Submits, and waits for the last answer.
   *
   * @param schedule when
   * @param time for how long
   * @param wait how this thread waits in between
   * @return what became of the requests
   * @throws IllegalStateException if answers are missing a minute after the last submit
   */
  Outcome run(Schedule schedule, Duration time, Pacer.Wait wait) {
    long offered = new Pacer(ticker, wait).run(schedule, time, this::submit);
    oneOver();
    awaitAll();
    return new Outcome(
        offered, answered.sum(), rejected.sum(), failed.sum(), fromIntended, fromSubmit, late);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // completed throws nothing
  private void submit(long number, long intended) {
    open.incrementAndGet();
    long submitted = ticker.nanos();
    late.recordValue(Math.max(0, submitted - intended));
    job.submit(number)
        .whenComplete((result, failure) -> completed(number, intended, submitted, result, failure));
  }

  private void completed(
      long number,
      long intended,
      long submitted,
      @Nullable InferenceResult result,
      @Nullable Throwable failure) {
    if (result == null) {
      (isRejection(failure) ? rejected : failed).increment();
    } else {
      long now = ticker.nanos();
      fromIntended.recordValue(Math.max(0, now - intended));
      fromSubmit.recordValue(Math.max(0, now - submitted));
      check(number, result);
    }
    oneOver();
  }

  private void check(long number, InferenceResult result) {
    try (result) {
      job.check().answer(number, result);
      answered.increment();
    } catch (RuntimeException | Error e) {
      failed.increment();
    }
  }

  private static boolean isRejection(@Nullable Throwable failure) {
    return failure instanceof InferenceException known && known.code() == ErrorCode.OVERLOADED;
  }

  private void oneOver() {
    if (open.decrementAndGet() == 0) {
      allOver.complete(null);
    }
  }

  private void awaitAll() {
    try {
      allOver.get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while it measured", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("answers are missing: " + open.get() + " wait", e);
    }
  }
}
