package io.mpsparallel.bench;

import java.util.Arrays;
import java.util.Locale;

/**
 * One figure of several rounds.
 *
 * @param median the middle, or the mean of the two in the middle
 * @param min the smallest
 * @param max the largest
 */
record Spread(double median, double min, double max) {
  /** {@return the spread of some values, of which there is at least one} */
  static Spread of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    double middle = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    return new Spread(middle, sorted[0], sorted[sorted.length - 1]);
  }

  /** {@return the smallest and the largest, for a table} */
  String range() {
    return number(min) + "..." + number(max);
  }

  /** {@return a number with as many digits as are of use} */
  static String number(double value) {
    double size = Math.abs(value);
    return String.format(Locale.ROOT, size < 10 ? "%.3f" : size < 1000 ? "%.1f" : "%.0f", value);
  }
}
