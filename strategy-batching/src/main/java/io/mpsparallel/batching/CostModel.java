package io.mpsparallel.batching;

/**
 * What a forward costs: a fixed part and one for each row, by least squares over what was measured,
 * in which the past counts less and less. Immutable.
 *
 * @param weight how much was measured, the past discounted
 * @param rows weighted sum of the rows
 * @param rowsSquared weighted sum of their squares
 * @param nanos weighted sum of the times
 * @param rowsTimesNanos weighted sum of the products
 */
record CostModel(
    double weight, double rows, double rowsSquared, double nanos, double rowsTimesNanos) {
  /** Nothing was measured. */
  static final CostModel NONE = new CostModel(0, 0, 0, 0, 0);

  /** What one measurement counts after the next one. */
  private static final double MEMORY = 0.98;

  private static final double LEAST_WEIGHT = 3.5; // four measurements

  /** Variance of the rows over their mean squared, below which a slope is noise. */
  private static final double LEAST_SPREAD = 0.01;

  /** This model and one measurement more. */
  CostModel with(int measuredRows, long measuredNanos) {
    double x = measuredRows;
    double y = measuredNanos;
    return new CostModel(
        MEMORY * weight + 1,
        MEMORY * rows + x,
        MEMORY * rowsSquared + x * x,
        MEMORY * nanos + y,
        MEMORY * rowsTimesNanos + x * y);
  }

  /** {@return whether enough different sizes were measured to tell the two parts apart} */
  boolean isKnown() {
    return weight >= LEAST_WEIGHT && spread() > LEAST_SPREAD * rows * rows;
  }

  private double spread() {
    return weight * rowsSquared - rows * rows;
  }

  /** {@return nanoseconds for each row; at least 0, and at most all of the time} */
  double rowNanos() {
    double slope = (weight * rowsTimesNanos - rows * nanos) / spread();
    return Math.max(0, Math.min(slope, nanos / rows));
  }

  /** {@return nanoseconds for a forward of no rows; at least 0} */
  double fixedNanos() {
    return (nanos - rowNanos() * rows) / weight;
  }

  /** {@return nanoseconds for a forward of so many rows} */
  double nanos(int ofRows) {
    return fixedNanos() + rowNanos() * ofRows;
  }
}
