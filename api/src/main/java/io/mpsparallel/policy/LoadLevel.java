package io.mpsparallel.policy;

/**
 * Which bucket of callers the load of one kind is in. A load that hovers at a border stays where it
 * is: a bucket is left upwards at its border, downwards at 0.7 of it, and only if two windows
 * agree. One thread.
 */
final class LoadLevel {
  /** What is so close to a bucket counts as in it. */
  static final double NEARLY = 0.95;

  private static final double BELOW = 0.7;

  /** What is in flight has become less if it has fallen by this when the choice changed, */
  private static final double FALLEN = 1.25;

  /** and is the same load while it stays within this factor, */
  private static final double BAND = 2;

  /** for so many windows at first, and at most. */
  private static final int FIRST_HOLD = 8;

  private static final int MOST_HOLD = 2400;

  private int bucket;
  private double low;
  private double high;
  private int pending;
  private int held;
  private int hold = FIRST_HOLD;
  private int calm;

  LoadLevel(double inFlight) {
    enter(inFlight);
  }

  private boolean enter(double inFlight) {
    int before = bucket;
    bucket = WorkKind.callersBucket(inFlight);
    calm = 0;
    goByBucket();
    return bucket != before;
  }

  private void goByBucket() {
    low = bucket == 1 ? 0 : BELOW * bucket;
    high = 2 * NEARLY * bucket;
    pending = 0;
    held = 0;
  }

  int bucket() {
    return bucket;
  }

  /** Whether a load is still the same. */
  boolean holds(double inFlight) {
    return side(inFlight) == 0;
  }

  /** Whether nothing hints at another load. */
  boolean isCalm() {
    return pending == 0;
  }

  private int side(double inFlight) {
    if (inFlight < low) {
      return -1;
    }
    return inFlight >= high ? 1 : 0;
  }

  /** Takes the load of a window; true if it is in another bucket from now. */
  boolean moves(double inFlight) {
    if (held > 0 && --held == 0) {
      hold = Math.min(MOST_HOLD, 2 * hold);
      goByBucket();
    }
    calm = held > 0 ? 0 : calm + 1;
    hold = calm > FIRST_HOLD ? FIRST_HOLD : hold;
    int side = side(inFlight);
    boolean agreed = side != 0 && side == pending;
    pending = side;
    return agreed && enter(inFlight);
  }

  /**
   * There was no load for a while: windows on both sides of that do not agree about another one.
   */
  void interrupt() {
    pending = 0;
  }

  /**
   * Another choice serves the load. Where requests arrive at a rate of their own, whoever answers
   * faster has fewer in flight: if they have become fewer, this counts as the same load for a
   * while. Then it goes by what is in flight again. If that brings the former choice and the former
   * number back, the next time is twice as long; so a load is not served by turns.
   */
  void follow(double before, double after) {
    pending = 0;
    if (after < before / FALLEN) {
      low = after / BAND;
      high = after * BAND;
      held = hold;
    }
  }
}
