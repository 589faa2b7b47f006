package io.mpsparallel.settings;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The lanes of a strategy that has several: each is one thread with one stream of the device.
 *
 * @param count lanes for each device; {@link #AUTO} takes it from the CPUs and the device's facts
 * @param depth slots that a lane keeps in flight; {@link #AUTO} takes it from the device's facts
 * @param spin the longest that an idle lane, or a caller that waits for an answer, spins before it
 *     sleeps; zero never spins, and nobody spins where there is one CPU
 */
public record LaneSettings(int count, int depth, Duration spin) {
  /** Decided by the library. */
  public static final int AUTO = 0;

  /** The most lanes. */
  public static final int MOST = 64;

  private static final Duration MAX_SPIN = Duration.ofMillis(10);

  /** Count and depth decided by the library; 50 microseconds. */
  public static final LaneSettings DEFAULTS =
      new LaneSettings(AUTO, AUTO, Duration.ofNanos(50_000));

  // Checks the ranges.
  public LaneSettings {
    Check.range("lanes.count", count, AUTO, MOST);
    Check.range("lanes.depth", depth, AUTO, 64);
    if (requireNonNull(spin, "spin").isNegative() || spin.compareTo(MAX_SPIN) > 0) {
      throw Check.invalid("lanes.spin", spin, "0..10ms");
    }
  }

  /**
   * Changes the number of lanes.
   *
   * @param changed lanes for each device, or {@link #AUTO}
   * @return the changed settings
   */
  public LaneSettings withCount(int changed) {
    return new LaneSettings(changed, depth, spin);
  }

  /**
   * Changes the slots that a lane keeps in flight.
   *
   * @param changed slots, or {@link #AUTO}
   * @return the changed settings
   */
  public LaneSettings withDepth(int changed) {
    return new LaneSettings(count, changed, spin);
  }

  /**
   * Changes for how long to spin.
   *
   * @param changed the longest time; zero never spins
   * @return the changed settings
   */
  public LaneSettings withSpin(Duration changed) {
    return new LaneSettings(count, depth, changed);
  }
}
