package io.mpsparallel.cli;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Requests to a model for a while, and how long each took. One measurement, one thread.
 *
 * <p>In a closed loop so many callers each have one request under way. In an open loop requests
 * come at random moments (Poisson) whether or not there are answers, and the time of each counts
 * from the moment at which it was due, so that a stall is seen by all whom it would have met.
 */
final class BenchLoad {
  private static final long SPIN_NANOS = 50_000;
  private static final long SEED = 20_261_129;
  private static final int MOST_REQUESTS = 1_000_000_000;

  private final LoadedModel model;
  private final NamedTensors inputs;
  private final Histogram latencies = new ConcurrentHistogram(3);
  private final LongAdder errors = new LongAdder();
  private final LongAdder rejected = new LongAdder();

  /**
   * What was measured.
   *
   * @param elapsed from the first request to the last answer; in an open loop, the time during
   *     which requests were sent
   * @param latencies nanoseconds of each answer
   * @param errors requests that failed, those that were rejected apart
   * @param rejected requests that were rejected for the queue was full
   * @param lateNanos how much later than they were due all requests together were sent
   * @param behind the part of the requests that had no answer when the last had been sent, those
   *     apart that are always under way; 0 in a closed loop
   */
  record Outcome(
      Duration elapsed,
      Histogram latencies,
      long errors,
      long rejected,
      long lateNanos,
      double behind) {
    double perSecond() {
      return latencies.getTotalCount() / Math.max(1e-9, elapsed.toNanos() / 1e9);
    }
  }

  /**
   * A load.
   *
   * @param model what is asked
   * @param inputs of each request; they stay the caller's
   */
  BenchLoad(LoadedModel model, NamedTensors inputs) {
    this.model = model;
    this.inputs = inputs;
  }

  /** So many threads, each of which waits for its answer. */
  Outcome blocking(int callers, Duration time) {
    InferenceRequest request = InferenceRequest.of(inputs);
    Callers.Call call =
        (caller, number) -> {
          long since = System.nanoTime();
          try {
            model.infer(request).close();
            latencies.recordValue(System.nanoTime() - since);
          } catch (InferenceException e) {
            failed(e);
          }
        };
    Callers.Measured all =
        new Callers(callers, Long.MAX_VALUE, time, Ticker.SYSTEM, call).run(Callers.Progress.NONE);
    return outcome(all.elapsed());
  }

  /** One thread that keeps so many requests under way. */
  Outcome async(int inFlight, Duration time) {
    Semaphore room = new Semaphore(inFlight);
    long start = System.nanoTime();
    while (System.nanoTime() - start < time.toNanos()) {
      room.acquireUninterruptibly();
      submit(System.nanoTime(), room);
    }
    room.acquireUninterruptibly(inFlight);
    return outcome(Duration.ofNanos(System.nanoTime() - start));
  }

  /** So many requests a second, at random moments. */
  Outcome open(double perSecond, Duration time) {
    int requests = (int) Math.max(1, Math.min(MOST_REQUESTS, Math.rint(perSecond * seconds(time))));
    Arrivals arrivals = new Arrivals(SEED, requests, time);
    Semaphore answers = new Semaphore(0);
    long start = System.nanoTime();
    long late = 0;
    for (int i = 0; i < requests; i++) {
      long due = start + arrivals.nextNanos();
      awaitMoment(due);
      late += System.nanoTime() - due;
      submit(due, answers);
    }
    awaitMoment(start + time.toNanos());
    Duration sending = Duration.ofNanos(System.nanoTime() - start);
    int open = requests - answers.availablePermits();
    answers.acquireUninterruptibly(requests);
    return new Outcome(
        sending, latencies, errors.sum(), rejected.sum(), late, behind(open, requests, sending));
  }

  /** A request takes at least as long as the quickest: so many have no answer at any moment. */
  private double behind(int open, int requests, Duration sending) {
    long quickest = latencies.getTotalCount() == 0 ? 0 : latencies.getMinValue();
    double underWay = (double) requests * quickest / sending.toNanos();
    return Math.max(0, open - underWay) / requests;
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }

  private static void awaitMoment(long due) {
    long left = due - System.nanoTime();
    while (left > 0) {
      if (left > SPIN_NANOS) {
        LockSupport.parkNanos(left - SPIN_NANOS);
      } else {
        Thread.onSpinWait();
      }
      left = due - System.nanoTime();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // ended does not throw
  private void submit(long since, Semaphore done) {
    model
        .submit(InferenceRequest.of(inputs.share()))
        .whenComplete((result, failure) -> ended(since, result, failure, done));
  }

  private void ended(
      long since, @Nullable InferenceResult result, @Nullable Throwable failure, Semaphore done) {
    if (result != null) {
      latencies.recordValue(Math.max(0, System.nanoTime() - since));
      result.close();
    } else {
      failed(failure);
    }
    done.release();
  }

  private void failed(@Nullable Throwable failure) {
    boolean shed = failure instanceof InferenceException e && e.code() == ErrorCode.OVERLOADED;
    (shed ? rejected : errors).increment();
  }

  private Outcome outcome(Duration elapsed) {
    return new Outcome(elapsed, latencies, errors.sum(), rejected.sum(), 0, 0);
  }
}
