package io.mpsparallel.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Makes the tables of the pages about benchmarks and about choosing a strategy anew, from the
 * results that are kept. Nothing is measured.
 */
final class Pages implements Scenario {
  /** Below this a strategy is not said to be faster than another. */
  private static final double CLEARLY = 1.1;

  private static final List<String> CALLERS = List.of("1", "4", "16", "64");

  private final Path results;

  /**
   * @param results the folder with the results, beside that of the pages
   */
  Pages(Path results) {
    this.results = results;
  }

  @Override
  public String name() {
    return "pages";
  }

  @Override
  public String purpose() {
    return "writes the tables of docs/benchmarks.md and docs/choosing-a-strategy.md anew";
  }

  @Override
  public int rounds() {
    return 1;
  }

  @Override
  public double seconds() {
    return 1;
  }

  @Override
  public void run(ScenarioRun run) {
    made().forEach((page, text) -> run.report().say(written(page, text)));
  }

  /** {@return the pages, as they are to be} */
  Map<Path, String> made() {
    Path docs = results.resolve("../../docs").normalize();
    Map<Path, String> pages = new LinkedHashMap<>();
    pages.put(docs.resolve("benchmarks.md"), "targets");
    pages.put(docs.resolve("choosing-a-strategy.md"), "choices");
    List<ResultTable> tables = tables();
    pages.replaceAll(
        (page, part) ->
            replaced(
                read(page), part, (part.equals("targets") ? targets(tables) : choices(tables))));
    return pages;
  }

  private static String written(Path page, String text) {
    try {
      boolean changed = !Files.readString(page).equals(text);
      Files.writeString(page, text);
      return page.getFileName() + (changed ? ": changed" : ": as before");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path page) {
    try {
      return Files.readString(page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<ResultTable> tables() {
    try (Stream<Path> files = Files.list(results)) {
      return files
          .filter(file -> file.getFileName().toString().matches("\\d.*\\.md"))
          .sorted()
          .flatMap(file -> ResultTable.in(file).stream())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts a table between the marks of a part. */
  static String replaced(String page, String part, Table table) {
    String begin = "<!-- begin " + part + " -->\n";
    String end = "<!-- end " + part + " -->";
    int from = page.indexOf(begin);
    int to = page.indexOf(end);
    if (from < 0 || to < from) {
      throw new IllegalStateException("no " + begin.strip() + " ... " + end);
    }
    String text = table.render().replace(System.lineSeparator(), "\n");
    return page.substring(0, from) + begin + "\n" + text + "\n" + page.substring(to);
  }

  // ---- targets ----

  /** {@return every figure that has a target, with what was measured} */
  static Table targets(List<ResultTable> tables) {
    Table made = new Table("Figure", "Measured", "Range", "Target", "Met", "Where");
    for (ResultTable table : tables) {
      if (table.has("figure", "target", "met")) {
        table.rows().stream()
            .filter(row -> !table.cell(row, "target").equals("-"))
            .forEach(row -> target(made, table, row));
      }
    }
    return made;
  }

  private static void target(Table made, ResultTable table, List<String> row) {
    made.row(
        table.cell(row, "figure"),
        row.get(1),
        table.has("min...max") ? table.cell(row, "min...max") : "",
        table.cell(row, "target"),
        table.cell(row, "met"),
        table.link());
  }

  // ---- choices ----

  /** {@return for each model and size which of two strategies is faster, by callers} */
  static Table choices(List<ResultTable> tables) {
    List<String> columns = new ArrayList<>(List.of("Where", "Model", "Rows"));
    CALLERS.forEach(n -> columns.add(n.equals("1") ? "1 caller" : n + " callers"));
    Table made = new Table(columns.toArray(String[]::new));
    for (ResultTable table : tables) {
      if (table.has("model", "rows", "callers", "threads/s", "batching/s")) {
        byKind(table).forEach((kind, found) -> made.row(line(table, kind, found)));
      }
    }
    return made;
  }

  private static Map<List<String>, Map<String, String>> byKind(ResultTable table) {
    Map<List<String>, Map<String, String>> kinds = new LinkedHashMap<>();
    for (List<String> row : table.rows()) {
      List<String> kind = List.of(table.cell(row, "model"), table.cell(row, "rows"));
      String faster = faster(table.cell(row, "threads/s"), table.cell(row, "batching/s"));
      kinds
          .computeIfAbsent(kind, fresh -> new LinkedHashMap<>())
          .put(table.cell(row, "callers"), faster);
    }
    return kinds;
  }

  private static String faster(String threads, String batching) {
    double ratio = Double.parseDouble(batching) / Double.parseDouble(threads);
    if (ratio < CLEARLY && ratio > 1 / CLEARLY) {
      return "either";
    }
    return (ratio > 1 ? "batching" : "threads")
        + " "
        + String.format(java.util.Locale.ROOT, "%.1fx", Math.max(ratio, 1 / ratio));
  }

  private static Object[] line(ResultTable table, List<String> kind, Map<String, String> found) {
    return Stream.concat(
            Stream.of(table.link(), kind.get(0), kind.get(1)),
            CALLERS.stream().map(callers -> found.getOrDefault(callers, "")))
        .toArray();
  }
}
