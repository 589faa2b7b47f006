package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * An open loop: something happens at the times of a schedule, whether or not what happened before
 * is over. If it falls behind, it makes up for it, and the times stay those of the schedule. One
 * thread.
 */
final class Pacer {
  private final Ticker ticker;
  private final Wait wait;

  /** How the pacing thread waits. */
  @FunctionalInterface
  interface Wait {
    /** Returns when the clock has reached a time, in its nanoseconds. */
    void until(long nanos);

    /** {@return a wait that keeps a core busy} */
    static Wait spinning(Ticker ticker) {
      return nanos -> {
        while (ticker.nanos() - nanos < 0) {
          Thread.onSpinWait();
        }
      };
    }

    /** {@return a wait that sleeps, and wakes up as late as the kernel likes} */
    static Wait parking(Ticker ticker) {
      return nanos -> {
        for (long left = nanos - ticker.nanos(); left > 0; left = nanos - ticker.nanos()) {
          LockSupport.parkNanos(left);
        }
      };
    }
  }

  /** Something that happens. */
  @FunctionalInterface
  interface Arrival {
    /**
     * Happens.
     *
     * @param number from 0
     * @param intendedNanos when the schedule wanted it, by the clock
     */
    void at(long number, long intendedNanos);
  }

  Pacer(Ticker ticker, Wait wait) {
    this.ticker = ticker;
    this.wait = wait;
  }

  /**
   * Paces.
   *
   * @param schedule when something happens; the first at once
   * @param time for how long, by the schedule
   * @param arrival what happens
   * @return how often it happened
   */
  long run(Schedule schedule, Duration time, Arrival arrival) {
    long start = ticker.nanos();
    double offset = 0;
    long number = 0;
    while (Math.round(offset) < time.toNanos()) {
      long intended = start + Math.round(offset);
      wait.until(intended);
      arrival.at(number, intended);
      number++;
      offset += schedule.gapNanos();
    }
    return number;
  }
}
