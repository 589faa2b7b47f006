package io.mpsparallel.bench;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Ratios that were measured once, and what a later run must not fall short of. Immutable.
 *
 * @param ratios by name, sorted
 */
record Expectations(Map<String, Double> ratios) {
  /** How much of a ratio must be reached: the rest is for the noise of machines. */
  static final double PART = 0.75;

  // Copies the map.
  Expectations {
    ratios = Collections.unmodifiableMap(new TreeMap<>(ratios));
  }

  /**
   * Reads a file.
   *
   * @throws IllegalStateException if a value is no number above 0
   */
  static Expectations read(Path file) {
    Properties lines = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      lines.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": write it with --write", e);
    }
    Map<String, Double> ratios = new TreeMap<>();
    lines.stringPropertyNames().forEach(name -> ratios.put(name, number(name, lines)));
    return new Expectations(ratios);
  }

  private static double number(String name, Properties lines) {
    String text = lines.getProperty(name, "");
    try {
      double value = Double.parseDouble(text);
      if (value > 0 && Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalStateException(name + ": '" + text + "' (expected: a number above 0)");
  }

  /** Writes a file, below some lines of comment. */
  void write(Path file, List<String> comment) {
    List<String> lines = new ArrayList<>();
    comment.forEach(line -> lines.add("# " + line));
    ratios.forEach(
        (name, ratio) -> lines.add(name + " = " + String.format(Locale.ROOT, "%.3f", ratio)));
    try {
      Files.write(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return the least that a ratio may be; not a number if nothing is expected of it} */
  double least(String name) {
    return PART * ratios.getOrDefault(name, Double.NaN);
  }

  /**
   * Compares.
   *
   * @param measured by name
   * @return for each that is too low, missing or not known here: its name and why, sorted
   */
  Map<String, String> complaints(Map<String, Double> measured) {
    Map<String, String> complaints = new TreeMap<>();
    measured.forEach(
        (name, ratio) -> {
          if (!ratios.containsKey(name)) {
            complaints.put(name, "nothing is expected of it; --write would");
          } else if (!(ratio >= least(name))) {
            complaints.put(name, tooLow(name, ratio));
          }
        });
    ratios.keySet().stream()
        .filter(name -> !measured.containsKey(name))
        .forEach(name -> complaints.put(name, "expected, but not measured"));
    return complaints;
  }

  private String tooLow(String name, double ratio) {
    return String.format(
        Locale.ROOT, "%.3f (expected: %.3f, at least %.3f)", ratio, ratios.get(name), least(name));
  }
}
