package io.mpsparallel.policy;

/** Something that is done ever more rarely. One thread. */
final class Backoff {
  private static final long MOST_NANOS = 600_000_000_000L;

  private long waitNanos;
  private long passedNanos;

  /** Due after a time, then after twice as long, and so on up to 10 minutes. */
  Backoff(long firstNanos) {
    waitNanos = firstNanos;
  }

  /** The same, but due at once for the first time. */
  static Backoff dueAtOnce(long firstNanos) {
    Backoff backoff = new Backoff(firstNanos);
    backoff.passedNanos = firstNanos;
    return backoff;
  }

  void pass(long nanos) {
    passedNanos += nanos;
  }

  boolean isDue() {
    return overdueNanos() >= 0;
  }

  long overdueNanos() {
    return passedNanos - waitNanos;
  }

  /** Counts from now, as long as before. */
  void restart() {
    passedNanos = 0;
  }

  /** It was done: counts from now, twice as long. */
  void done() {
    passedNanos = 0;
    waitNanos = Math.min(MOST_NANOS, 2 * waitNanos);
  }
}
