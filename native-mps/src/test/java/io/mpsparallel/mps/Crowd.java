package io.mpsparallel.mps;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Threads that start at the same moment, and bounded waits. */
final class Crowd {
  private static final long LIMIT_SECONDS = 60;

  private Crowd() {}

  /** What one of the threads does. */
  interface Member<T> {
    T run(int number) throws Exception;
  }

  /** Runs {@code threads} at once, and returns what each returned; a failure of one is thrown. */
  static <T> List<T> run(int threads, Member<T> member) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      CyclicBarrier start = new CyclicBarrier(threads);
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int number = i;
        Callable<T> task =
            () -> {
              start.await();
              return member.run(number);
            };
        futures.add(pool.submit(task));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(get(future));
      }
      return results;
    } finally {
      pool.shutdownNow();
    }
  }

  static <T> T get(Future<T> future) throws Exception {
    try {
      return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("still running after " + LIMIT_SECONDS + " s", e);
    }
  }

  /** Waits until a condition holds that another thread brings about. */
  static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not so after " + LIMIT_SECONDS + " s");
      }
      LockSupport.parkNanos(20_000);
    }
  }

  /** Waits until a thread waits for something itself. */
  static void untilWaiting(Thread thread) {
    until(
        () -> {
          Thread.State state = thread.getState();
          if (state == Thread.State.TERMINATED) {
            throw new AssertionError(thread.getName() + " ended instead of waiting");
          }
          return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
        });
  }
}
