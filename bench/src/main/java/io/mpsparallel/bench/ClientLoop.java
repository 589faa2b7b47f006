package io.mpsparallel.bench;

import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.util.concurrent.Semaphore;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A closed loop of client threads that do not wait for answers: each submits as long as fewer than
 * so many of its requests are in flight, and sleeps when there is no room. {@link AsyncLoop} is the
 * same without these threads.
 */
final class ClientLoop implements Runnable {
  private final Job job;
  private final int window;
  private final Course course;
  private final Semaphore room;
  private final Histogram latencies = new ConcurrentHistogram(3);

  private ClientLoop(Job job, int window, Course course) {
    this.job = job;
    this.window = window;
    this.course = course;
    room = new Semaphore(window);
  }

  /**
   * Submits until the limit.
   *
   * @param job what is asked for
   * @param clients how many threads
   * @param window how many requests each may have in flight
   * @param limit when to end
   * @param ticker the clock
   * @return what was seen
   * @throws IllegalStateException if a request failed or an answer is missing
   */
  static Measured run(Job job, int clients, int window, Limit limit, Ticker ticker) {
    Course course = new Course(clients, limit, ticker);
    course.start();
    for (int i = 0; i < clients; i++) {
      Thread client = new Thread(new ClientLoop(job, window, course), "bench-client-" + i);
      client.setDaemon(true);
      client.start();
    }
    return course.await();
  }

  @Override
  public void run() {
    room.acquireUninterruptibly();
    for (long request = course.next(); request != Course.OVER; request = course.next()) {
      submit(request);
      room.acquireUninterruptibly();
    }
    room.acquireUninterruptibly(window - 1); // all answers are there
    course.end(latencies);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // answered throws nothing
  private void submit(long request) {
    long submitted = course.now();
    try {
      job.submit(request)
          .whenComplete((result, failure) -> answered(request, submitted, result, failure));
    } catch (RuntimeException | Error e) {
      course.fail(e);
      room.release();
    }
  }

  private void answered(
      long request, long submitted, @Nullable InferenceResult result, @Nullable Throwable failure) {
    if (result == null) {
      course.fail(failure == null ? new NullPointerException("result") : failure);
    } else {
      latencies.recordValue(Math.max(0, course.now() - submitted));
      check(request, result);
    }
    room.release();
  }

  private void check(long request, InferenceResult result) {
    try (result) {
      job.check().answer(request, result);
    } catch (RuntimeException | Error e) {
      course.fail(e);
    }
  }
}
