package io.mpsparallel.bench;

/**
 * What a figure is to reach.
 *
 * @param bound the limit
 * @param upper whether the figure is to stay at or below it; else at or above
 */
record Target(double bound, boolean upper) {
  static Target atLeast(double bound) {
    return new Target(bound, false);
  }

  static Target atMost(double bound) {
    return new Target(bound, true);
  }

  /** {@return yes or no} */
  String verdict(double value) {
    return (upper ? value <= bound : value >= bound) ? "yes" : "NO";
  }

  @Override
  public String toString() {
    return (upper ? "<= " : ">= ") + Spread.number(bound);
  }
}
