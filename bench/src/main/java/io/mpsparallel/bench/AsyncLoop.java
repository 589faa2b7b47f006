package io.mpsparallel.bench;

import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A closed loop without threads of its own: so many requests are in flight, and the answer to each
 * submits the next, on the thread that brings it.
 */
final class AsyncLoop {
  private AsyncLoop() {}

  /**
   * Submits until the limit.
   *
   * @param job what is asked for
   * @param inFlight how many requests are under way at once
   * @param limit when to end
   * @param ticker the clock
   * @return what was seen
   * @throws IllegalStateException if a request failed or an answer is missing
   */
  static Measured run(Job job, int inFlight, Limit limit, Ticker ticker) {
    Course course = new Course(inFlight, limit, ticker);
    course.start();
    for (int i = 0; i < inFlight; i++) {
      new Seat(job, course).proceed();
    }
    return course.await();
  }

  /** The place of one request in flight; one thread at a time. */
  private static final class Seat
      implements BiConsumer<@Nullable InferenceResult, @Nullable Throwable> {
    private final Job job;
    private final Course course;
    private final AtomicInteger due = new AtomicInteger(); // requests that are to be made
    private final Histogram latencies = Measured.histogram();
    private long request;
    private long submittedNanos;

    Seat(Job job, Course course) {
      this.job = job;
      this.course = course;
    }

    /** Makes the next request; an answer that is there at once comes back here, one level down. */
    void proceed() {
      if (due.getAndIncrement() != 0) {
        return; // the loop below makes it, so that the stack does not grow
      }
      do {
        submit();
      } while (due.decrementAndGet() != 0);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // accept throws nothing
    private void submit() {
      request = course.next();
      if (request == Course.OVER) {
        course.end(latencies);
        return;
      }
      submittedNanos = course.now();
      try {
        job.submit(request).whenComplete(this);
      } catch (RuntimeException | Error e) {
        course.fail(e);
        course.end(latencies);
      }
    }

    @Override
    public void accept(@Nullable InferenceResult result, @Nullable Throwable failure) {
      if (result == null) {
        course.fail(failure == null ? new NullPointerException("result") : failure);
      } else {
        latencies.recordValue(Math.max(0, course.now() - submittedNanos));
        check(result);
      }
      proceed();
    }

    private void check(InferenceResult result) {
      try (result) {
        job.check().answer(request, result);
      } catch (RuntimeException | Error e) {
        course.fail(e);
      }
    }
  }
}
