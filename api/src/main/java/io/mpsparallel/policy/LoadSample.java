package io.mpsparallel.policy;

import static java.util.Objects.requireNonNull;

/**
 * What was seen of one kind of work in one window, served by one choice. Immutable, any thread.
 *
 * @param kind what kind of work
 * @param choice what served it
 * @param inFlight the mean number of requests in flight that this choice had to serve, waiting or
 *     running, at least 0
 * @param requests how many were answered, at least 0; 0 while all are still in flight
 * @param rows the rows that were answered, at least 0; 0 for requests without rows
 * @param windowNanos the length of the window, at least 1
 * @param meanNanos the mean time from handing in a request to its answer, at least 0
 */
public record LoadSample(
    WorkKind kind,
    Choice choice,
    double inFlight,
    long requests,
    long rows,
    long windowNanos,
    long meanNanos) {
  // Checks the ranges.
  public LoadSample {
    requireNonNull(kind, "kind");
    requireNonNull(choice, "choice");
    if (!(inFlight >= 0) || Double.isInfinite(inFlight)) {
      throw new IllegalArgumentException("inFlight: " + inFlight + " (expected: at least 0)");
    }
    atLeast(0, requests, "requests");
    atLeast(0, rows, "rows");
    atLeast(1, windowNanos, "windowNanos");
    atLeast(0, meanNanos, "meanNanos");
  }

  private static void atLeast(long least, long value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: at least " + least + ")");
    }
  }
}
