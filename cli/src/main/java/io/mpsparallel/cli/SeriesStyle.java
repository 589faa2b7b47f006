package io.mpsparallel.cli;

import java.util.List;
import java.util.Locale;

/**
 * How the lines of a chart are told apart: each has a colour, and a pattern of dashes and a marker
 * for those who see no colours. Colours do not repeat; patterns and markers together do after 30.
 * Pure functions.
 */
final class SeriesStyle {
  /** The paper of the two colour schemes. */
  static final String LIGHT = "#ffffff";

  static final String DARK = "#0d1117";

  private static final List<String> DASHES = List.of("none", "9 4", "2 4", "12 4 2 4", "5 3");

  /** Around 0, 0; the first is the simplest to see. */
  private static final List<String> MARKERS =
      List.of(
          "M0-5A5 5 0 1 1 0 5A5 5 0 1 1 0-5Z",
          "M-5-5H5V5H-5Z",
          "M0-6L6 5H-6Z",
          "M0-7L6 0L0 7L-6 0Z",
          "M0 6L6-5H-6Z",
          "M-2-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z");

  /** An angle that divides the circle of hues into ever new ones. */
  private static final double GOLDEN_DEGREES = 137.50776;

  private static final double FIRST_DEGREES = 212;

  private SeriesStyle() {}

  /** {@return the {@code stroke-dasharray} of a line} */
  static String dashes(int number) {
    return DASHES.get(number % DASHES.size());
  }

  /** {@return the outline of a marker, around 0, 0} */
  static String marker(int number) {
    return MARKERS.get(number % MARKERS.size());
  }

  /**
   * {@return rules that set {@code --c}, the colour, for so many lines of the classes s0, s1 ...}
   */
  static String css(int lines) {
    StringBuilder light = new StringBuilder();
    StringBuilder dark = new StringBuilder();
    for (int i = 0; i < lines; i++) {
      light.append(String.format(Locale.ROOT, ".s%d { --c: %s; }%n", i, colour(i, LIGHT)));
      dark.append(String.format(Locale.ROOT, ".s%d { --c: %s; }%n", i, colour(i, DARK)));
    }
    return light + "@media (prefers-color-scheme: dark) {\n" + dark + "}\n";
  }

  /**
   * A line's colour: of a hue of its own, and as bright as it takes to stand out from the paper.
   *
   * @param number which line, from 0
   * @param paper {@link #LIGHT} or {@link #DARK}
   * @return the colour, such as {@code #0550ae}
   */
  static String colour(int number, String paper) {
    double hue = (FIRST_DEGREES + number * GOLDEN_DEGREES) % 360;
    double wanted = number % 2 == 0 ? 5 : 8;
    double low = 0;
    double high = 1;
    for (int i = 0; i < 20; i++) {
      double middle = (low + high) / 2;
      boolean enough = contrast(hsl(hue, middle), paper) >= wanted;
      boolean up = enough == paper.equals(LIGHT); // brighter while that leaves enough contrast
      low = up ? middle : low;
      high = up ? high : middle;
    }
    return hsl(hue, paper.equals(LIGHT) ? low : high);
  }

  private static String hsl(double hue, double lightness) {
    double chroma = 0.75 * Math.min(lightness, 1 - lightness);
    int[] rgb = new int[3];
    for (int i = 0; i < 3; i++) {
      double at = (new int[] {0, 8, 4}[i] + hue / 30) % 12;
      double part = Math.max(-1, Math.min(1, Math.min(at - 3, 9 - at)));
      rgb[i] = (int) Math.round(255 * (lightness - chroma * part));
    }
    return String.format(Locale.ROOT, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
  }

  /** {@return the contrast of two colours as WCAG 2 defines it, 1 to 21} */
  static double contrast(String one, String other) {
    double first = luminance(one) + 0.05;
    double second = luminance(other) + 0.05;
    return Math.max(first, second) / Math.min(first, second);
  }

  private static double luminance(String colour) {
    int rgb = Integer.parseInt(colour.substring(1), 16);
    return 0.2126 * linear(rgb >> 16 & 255)
        + 0.7152 * linear(rgb >> 8 & 255)
        + 0.0722 * linear(rgb & 255);
  }

  private static double linear(int part) {
    double share = part / 255.0;
    return share <= 0.03928 ? share / 12.92 : Math.pow((share + 0.055) / 1.055, 2.4);
  }
}
