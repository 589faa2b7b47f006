package io.mpsparallel.cli;

import java.time.Duration;
import java.util.Locale;

/** Numbers for people. Pure functions. */
final class Numbers {
  private Numbers() {}

  /** {@return a rate or count with as many digits as are of use} */
  static String rate(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%,.0f", value);
  }

  /** {@return a power of ten as short as can be, such as {@code 10k}} */
  static String tick(double value) {
    if (value < 1) {
      return String.format(Locale.ROOT, "%.3g", value).replaceAll("0+$", "");
    }
    if (value < 999.5) {
      return String.format(Locale.ROOT, "%.0f", value);
    }
    boolean millions = value >= 999_500;
    return String.format(Locale.ROOT, "%,.0f", value / (millions ? 1e6 : 1e3))
        + (millions ? "M" : "k");
  }

  /** {@return a duration in milliseconds, with as many digits as are of use} */
  static String millis(Duration duration) {
    double millis = duration.toNanos() / 1e6;
    return String.format(Locale.ROOT, millis < 10 ? "%.3f ms" : "%,.1f ms", millis);
  }

  /** {@return a difference, such as {@code 1.2e-07}} */
  static String difference(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
  }
}
