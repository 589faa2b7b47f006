package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import org.HdrHistogram.Histogram;

/** A closed loop of threads, each of which makes one blocking call after another. */
final class BlockedLoop implements Runnable {
  private final LongConsumer call;
  private final Course course;
  private final CyclicBarrier together;

  private BlockedLoop(LongConsumer call, Course course, CyclicBarrier together) {
    this.call = call;
    this.course = course;
    this.together = together;
  }

  /**
   * Calls until the limit.
   *
   * @param call what each thread does, with the number of the request
   * @param callers how many threads
   * @param limit when to end
   * @param ticker the clock
   * @return what they have seen
   * @throws IllegalStateException if a call failed
   */
  static Measured run(LongConsumer call, int callers, Limit limit, Ticker ticker) {
    return runEach(number -> call, callers, limit, ticker);
  }

  /**
   * As {@link #run(LongConsumer, int, Limit, Ticker)}, where each thread has something of its own.
   *
   * @param calls gives what a thread does, by its number from 0; asked on this thread
   */
  static Measured runEach(
      IntFunction<LongConsumer> calls, int callers, Limit limit, Ticker ticker) {
    Course course = new Course(callers, limit, ticker);
    CyclicBarrier together = new CyclicBarrier(callers, course::start);
    for (int i = 0; i < callers; i++) {
      BlockedLoop loop = new BlockedLoop(calls.apply(i), course, together);
      Thread caller = new Thread(loop, "bench-caller-" + i);
      caller.setDaemon(true);
      caller.start();
    }
    return course.await();
  }

  @Override
  public void run() {
    Histogram latencies = Measured.histogram();
    try {
      together.await();
      for (long request = course.next(); request != Course.OVER; request = course.next()) {
        long before = course.now();
        call.accept(request);
        latencies.recordValue(Math.max(0, course.now() - before));
      }
    } catch (InterruptedException | BrokenBarrierException | RuntimeException | Error e) {
      course.fail(e);
    } finally {
      course.end(latencies);
    }
  }
}
