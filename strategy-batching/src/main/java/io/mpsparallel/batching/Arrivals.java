package io.mpsparallel.batching;

/**
 * How often requests arrive: the gaps between them, averaged, the past discounted. Immutable.
 *
 * @param count how many arrived, up to two
 * @param lastNanos when the last one did
 * @param meanNanos the mean gap
 */
record Arrivals(int count, long lastNanos, double meanNanos) {
  /** None yet. */
  static final Arrivals NONE = new Arrivals(0, 0, 0);

  private static final double NEWEST = 0.1; // what the newest gap counts

  /** These arrivals and one more. */
  Arrivals with(long nowNanos) {
    double gap = Math.max(0, nowNanos - lastNanos);
    return switch (count) {
      case 0 -> new Arrivals(1, nowNanos, 0);
      case 1 -> new Arrivals(2, nowNanos, gap);
      default -> new Arrivals(2, nowNanos, meanNanos + NEWEST * (gap - meanNanos));
    };
  }

  /** {@return the mean gap in nanoseconds; endless before there was one} */
  double gapNanos() {
    return count < 2 ? Double.POSITIVE_INFINITY : meanNanos;
  }
}
