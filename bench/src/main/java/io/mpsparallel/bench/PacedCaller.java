package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.function.LongConsumer;
import org.HdrHistogram.Histogram;

/**
 * One thread that calls at the times of a schedule and waits for each answer. Time from the
 * intended start counts what is late, and so does a caller that sleeps between calls and wakes up
 * late: that is no fault of whom it calls, so the time from the call is kept as well.
 */
final class PacedCaller {
  private final LongConsumer call;
  private final Ticker ticker;
  private final Histogram fromCall = Measured.histogram();
  private final Histogram fromIntended = Measured.histogram();

  private PacedCaller(LongConsumer call, Ticker ticker) {
    this.call = call;
    this.ticker = ticker;
  }

  /**
   * Calls on this thread.
   *
   * @param call makes a call, by its number, and waits for the answer
   * @param schedule when
   * @param time for how long
   * @param wait how it waits in between
   * @param ticker the clock
   * @return what was seen
   */
  static Measured run(
      LongConsumer call, Schedule schedule, Duration time, Pacer.Wait wait, Ticker ticker) {
    PacedCaller caller = new PacedCaller(call, ticker);
    long start = ticker.nanos();
    long calls = new Pacer(ticker, wait).run(schedule, time, caller::call);
    Duration elapsed = Duration.ofNanos(ticker.nanos() - start);
    return new Measured(calls, elapsed, caller.fromCall, caller.fromIntended);
  }

  private void call(long number, long intended) {
    long before = ticker.nanos();
    call.accept(number);
    long after = ticker.nanos();
    fromCall.recordValue(Math.max(0, after - before));
    fromIntended.recordValue(Math.max(0, after - intended));
  }
}
