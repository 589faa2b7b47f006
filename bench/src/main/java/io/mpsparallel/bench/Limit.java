package io.mpsparallel.bench;

import java.time.Duration;

/**
 * How long a load lasts: whichever comes first. Immutable.
 *
 * @param requests requests that are made at the most
 * @param time after which no request is made; those under way are still answered
 */
record Limit(long requests, Duration time) {
  private static final Duration LONGEST = Duration.ofMinutes(10);

  /** {@return so many requests, however long they take} */
  static Limit requests(long count) {
    return new Limit(count, LONGEST);
  }

  /** {@return so much time, however many requests it gives} */
  static Limit time(Duration time) {
    return new Limit(Long.MAX_VALUE, time);
  }
}
