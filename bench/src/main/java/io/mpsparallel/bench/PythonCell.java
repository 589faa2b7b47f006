package io.mpsparallel.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code gpu/cuda_python.py} measured of one variant; one line of JSON.
 *
 * @param model the name of the model's file, without its end
 * @param variant how Python ran it
 * @param threads how many threads or processes, or graphs in flight
 * @param perSecond calls per second
 * @param p50 the median call in microseconds
 * @param p99 in microseconds
 */
record PythonCell(
    String model, String variant, int threads, double perSecond, double p50, double p99) {
  private static final ConfigParseOptions JSON =
      ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON);

  /**
   * {@return what a file holds; lines that tell of something else, such as failures, are not it}
   */
  static List<PythonCell> read(@Nullable Path file) {
    return file == null ? List.of() : parse(lines(file));
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException("figures of Python: " + e, e);
    }
  }

  /** As {@link #read}, of lines. */
  static List<PythonCell> parse(List<String> lines) {
    return lines.stream().map(PythonCell::parse).flatMap(Optional::stream).toList();
  }

  private static Optional<PythonCell> parse(String line) {
    try {
      Config cell = ConfigFactory.parseString(line, JSON);
      return cell.hasPath("per_second") ? Optional.of(of(cell)) : Optional.empty();
    } catch (ConfigException.Parse e) {
      return Optional.empty(); // a warning of some library
    }
  }

  private static PythonCell of(Config cell) {
    return new PythonCell(
        cell.getString("model"),
        cell.getString("variant"),
        cell.getInt("threads"),
        cell.getDouble("per_second"),
        cell.getDouble("p50_us"),
        cell.getDouble("p99_us"));
  }

  /** {@return the one with the highest rate} */
  static Optional<PythonCell> best(List<PythonCell> cells) {
    return cells.stream().max(Comparator.comparingDouble(PythonCell::perSecond));
  }

  /** {@return what tables call it} */
  String name() {
    return variant + " x " + threads;
  }

  /** Adds it to a table of {@link Figures#rates}. */
  void addTo(Table table) {
    table.row(
        "Python " + name(), Spread.number(perSecond), "-", Spread.number(p50), Spread.number(p99));
  }
}
