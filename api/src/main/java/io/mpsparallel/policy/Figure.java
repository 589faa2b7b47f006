package io.mpsparallel.policy;

import java.util.Collection;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * How a choice did, in one window or by the median of several. Immutable, any thread.
 *
 * @param rowsPerSecond rows answered in a second
 * @param meanNanos mean time of a request
 * @param inFlight mean number of requests in flight
 * @param requests requests answered in one window
 */
record Figure(double rowsPerSecond, double meanNanos, double inFlight, double requests) {
  /** The part of the throughput that is noise, besides that of counting few requests. */
  private static final double NOISE = 0.05;

  static Figure median(Collection<Figure> figures) {
    return new Figure(
        median(figures, Figure::rowsPerSecond),
        median(figures, Figure::meanNanos),
        median(figures, Figure::inFlight),
        median(figures, Figure::requests));
  }

  private static double median(Collection<Figure> figures, ToDoubleFunction<Figure> part) {
    return Median.of(figures.stream().mapToDouble(part));
  }

  /**
   * How much faster this is: by how much less time a request takes, provided that no fewer rows are
   * answered. Empty if the two contradict each other (fewer callers make every choice look faster),
   * or if a figure is missing.
   */
  OptionalDouble gainOver(Figure other) {
    if (!isMeasured() || !other.isMeasured()) {
      return OptionalDouble.empty();
    }
    double faster = other.meanNanos / meanNanos;
    double more = rowsPerSecond / other.rowsPerSecond;
    double slack = NOISE + 1 / Math.sqrt(Math.max(1, Math.min(requests, other.requests)));
    boolean agree = faster >= 1 ? more >= 1 - slack : more <= 1 + slack;
    return agree ? OptionalDouble.of(faster - 1) : OptionalDouble.empty();
  }

  private boolean isMeasured() {
    return rowsPerSecond > 0 && meanNanos > 0;
  }
}
