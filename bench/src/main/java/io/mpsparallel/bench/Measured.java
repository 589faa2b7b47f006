package io.mpsparallel.bench;

import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * What a load gave.
 *
 * @param answers how many requests were answered
 * @param elapsed from the start to the last answer
 * @param latencies nanoseconds of each request, from the call; empty if nobody looked
 * @param fromIntended nanoseconds of each request, from the time it was meant to be made at
 */
record Measured(long answers, Duration elapsed, Histogram latencies, Histogram fromIntended) {
  /** {@return what a closed loop gave, where a request is meant to be made when it is made} */
  static Measured closed(Duration elapsed, Histogram latencies) {
    return new Measured(latencies.getTotalCount(), elapsed, latencies, latencies);
  }

  /** {@return an empty histogram of nanoseconds} */
  static Histogram histogram() {
    return new Histogram(3);
  }

  double perSecond() {
    return answers / Math.max(1e-9, elapsed.toNanos() / 1e9);
  }

  /** {@return a percentile of the latencies in microseconds} */
  double micros(double percentile) {
    return micros(latencies, percentile);
  }

  /** {@return a percentile of nanoseconds in microseconds} */
  static double micros(Histogram nanos, double percentile) {
    return nanos.getValueAtPercentile(percentile) / 1e3;
  }
}
