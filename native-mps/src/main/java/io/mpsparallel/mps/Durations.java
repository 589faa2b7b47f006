package io.mpsparallel.mps;

import java.time.Duration;

/** Durations as nanoseconds. */
final class Durations {
  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  private Durations() {}

  /** The nanoseconds of a duration, or the most that a long holds: 292 years. */
  static long nanos(Duration duration) {
    return duration.compareTo(LONGEST) >= 0 ? Long.MAX_VALUE : duration.toNanos();
  }
}
