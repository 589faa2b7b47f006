package io.mpsparallel.cli;

import io.mpsparallel.strategy.StrategyStats;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Looks every two milliseconds at what a strategy is doing, on a thread of its own. How many
 * requests wait on average, times how long that was, is the time for which all of them together
 * waited. Started and closed by one thread, which may read it then.
 */
final class LaneWatch implements AutoCloseable {
  private static final long PAUSE_NANOS = 2_000_000;

  private final Supplier<StrategyStats> stats;
  private final Thread thread = new Thread(this::look, "mps-parallel-bench-watch");
  private volatile boolean over;
  private double nanos;
  private double waitingNanos;
  private double busyNanos;

  /**
   * Begins.
   *
   * @param stats what to look at; any thread
   */
  @SuppressWarnings("ThreadStartInConstructor")
  LaneWatch(Supplier<StrategyStats> stats) {
    this.stats = stats;
    thread.setDaemon(true);
    thread.start();
  }

  private void look() {
    long last = System.nanoTime();
    while (!over) {
      LockSupport.parkNanos(PAUSE_NANOS);
      StrategyStats seen = stats.get();
      long now = System.nanoTime();
      add(seen, now - last);
      last = now;
    }
  }

  private void add(StrategyStats seen, long passed) {
    nanos += passed;
    waitingNanos += (double) seen.queued() * passed;
    busyNanos += (double) passed * Math.min(seen.busy(), seen.lanes()) / Math.max(1, seen.lanes());
  }

  /** Ends; the figures are final then. */
  @Override
  public void close() {
    over = true;
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** {@return for how long it looked} */
  double nanos() {
    return nanos;
  }

  /** {@return for how long all requests together waited in the queue} */
  double waitingNanos() {
    return waitingNanos;
  }

  /** {@return for how long the lanes had work, all lanes taken as one} */
  double busyNanos() {
    return busyNanos;
  }
}
