package io.mpsparallel.threads;

import io.mpsparallel.settings.LaneSettings;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which lanes nobody is on, as bits. Whoever takes a lane out of here is alone with it until it
 * puts the lane back. The lowest lane goes first, so that few lanes stay warm under a small load.
 * Lock free, any thread.
 */
final class IdleLanes {
  /** How many lanes there can be. */
  static final int MOST = LaneSettings.MOST; // as many as a long has bits

  /** No lane. */
  static final int NONE = -1;

  private final AtomicLong idle = new AtomicLong();

  /** Puts a lane back; everything done on it before is seen by whoever takes it next. */
  void add(int lane) {
    idle.getAndAccumulate(bit(lane), (now, bit) -> now | bit);
  }

  /** Takes one lane out; false if it is not idle. */
  boolean claim(int lane) {
    long bit = bit(lane);
    long now = idle.get();
    while ((now & bit) != 0) {
      if (idle.compareAndSet(now, now & ~bit)) {
        return true;
      }
      now = idle.get();
    }
    return false;
  }

  /** Takes the lowest idle lane out; {@link #NONE} if all are busy. */
  int claimAny() {
    long now = idle.get();
    while (now != 0) {
      long lowest = Long.lowestOneBit(now);
      if (idle.compareAndSet(now, now & ~lowest)) {
        return Long.numberOfTrailingZeros(lowest);
      }
      now = idle.get();
    }
    return NONE;
  }

  /** {@return how many lanes are idle} */
  int count() {
    return Long.bitCount(idle.get());
  }

  private static long bit(int lane) {
    return 1L << lane;
  }
}
