package io.mpsparallel.policy;

import java.util.OptionalDouble;

/** The windows after a change of choice, which show a mix of both choices. One thread. */
final class Settling {
  /** What the former choice has left to answer no longer matters below this part of the load, */
  private static final double LITTLE = 0.1;

  /** or after so many windows. */
  private static final int MOST_WINDOWS = 8;

  private boolean over = true;
  private int windows;
  private double nanos;
  private double before = Double.NaN;

  /**
   * The choice has changed. One window does not count, none before a request can be answered, and
   * none while the former choice has much left to answer.
   *
   * @param meanNanos how long a request takes
   */
  void start(double meanNanos) {
    over = false;
    windows = 0;
    nanos = Math.min(meanNanos, Gathering.LONGEST_NANOS);
    before = Double.NaN;
  }

  /** The same; {@code inFlight} is to be compared with what is in flight afterwards. */
  void start(double meanNanos, double inFlight) {
    start(meanNanos);
    before = inFlight;
  }

  boolean isOver() {
    return over;
  }

  /** Takes a window that was served by this choice from now on; true if it does not count. */
  boolean covers(Seen seen, Choice told) {
    if (over) {
      return false;
    }
    boolean mixed = seen.inFlightBesides(told) > LITTLE * seen.inFlight();
    over = windows > 0 && nanos <= 0 && !(mixed && windows < MOST_WINDOWS);
    windows++;
    nanos -= seen.nanos();
    return !over;
  }

  /** What was in flight before the change, once. */
  OptionalDouble takeBefore() {
    double taken = before;
    before = Double.NaN;
    return Double.isNaN(taken) ? OptionalDouble.empty() : OptionalDouble.of(taken);
  }
}
