package io.mpsparallel.policy;

import java.util.Optional;

/**
 * Puts windows together until they have enough requests to say something, so that slow models are
 * judged as well. One thread.
 */
final class Gathering {
  /** Requests that are enough, */
  private static final int ENOUGH = 20;

  /** and the time after which fewer are. */
  static final long LONGEST_NANOS = 2_000_000_000L;

  private static final double SECOND_NANOS = 1e9;

  private double requests;
  private double rows;
  private double nanos;
  private double inFlight;
  private double requestNanos;

  /** Takes a window; a figure, if it completes one. */
  Optional<Figure> add(LoadSample sample) {
    requests += sample.requests();
    rows += sample.rows() > 0 ? sample.rows() : sample.requests();
    nanos += sample.windowNanos();
    inFlight += sample.inFlight() * sample.windowNanos();
    requestNanos += (double) sample.meanNanos() * sample.requests();
    if (requests >= ENOUGH || (requests > 0 && nanos >= LONGEST_NANOS)) {
      Figure figure =
          new Figure(
              rows * SECOND_NANOS / nanos, requestNanos / requests, inFlight / nanos, requests);
      clear();
      return Optional.of(figure);
    }
    return Optional.empty();
  }

  void clear() {
    requests = 0;
    rows = 0;
    nanos = 0;
    inFlight = 0;
    requestNanos = 0;
  }
}
