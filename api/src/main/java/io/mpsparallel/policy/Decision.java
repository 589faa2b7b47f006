package io.mpsparallel.policy;

import static java.util.Objects.requireNonNull;

/**
 * What serves a kind of work from now on. Immutable, any thread.
 *
 * @param kind what kind of work
 * @param callersBucket for how many callers, see {@link WorkKind#callersBucket}
 * @param choice what serves it
 * @param reason why
 * @param gain how much faster this choice (after {@link Reason#KEPT}: the one that was tried) is
 *     than what it was compared with: 0.25 is a quarter faster, below 0 is slower; 0 where nothing
 *     was compared
 */
public record Decision(
    WorkKind kind, int callersBucket, Choice choice, Reason reason, double gain) {
  // Checks the ranges.
  public Decision {
    requireNonNull(kind, "kind");
    requireNonNull(choice, "choice");
    requireNonNull(reason, "reason");
    if (callersBucket < 1 || Integer.bitCount(callersBucket) != 1) {
      throw new IllegalArgumentException(
          "callersBucket: " + callersBucket + " (expected: a power of two)");
    }
    if (Double.isNaN(gain)) {
      throw new IllegalArgumentException("gain: NaN (expected: a number)");
    }
  }
}
