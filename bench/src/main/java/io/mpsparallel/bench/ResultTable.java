package io.mpsparallel.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A table of a file of results, in Markdown.
 *
 * @param file the name of the file
 * @param page the heading of the file
 * @param section the heading above the table
 * @param columns the headings of the columns
 * @param rows the cells
 */
record ResultTable(
    String file, String page, String section, List<String> columns, List<List<String>> rows) {
  /** {@return the tables of a file, in order} */
  static List<ResultTable> in(Path file) {
    try {
      return in(String.valueOf(file.getFileName()), Files.readAllLines(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<ResultTable> in(String file, List<String> lines) {
    List<ResultTable> tables = new ArrayList<>();
    String page = "";
    String section = "";
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith("#")) {
        section = line.replaceFirst("^#+ *", "");
        page = page.isEmpty() ? section : page;
      } else if (line.startsWith("|") && !lines.get(i - 1).startsWith("|")) {
        tables.add(table(file, page, section, lines.subList(i, lines.size())));
      }
    }
    return tables;
  }

  private static ResultTable table(
      String file, String page, String section, List<String> fromHere) {
    List<List<String>> rows =
        fromHere.stream()
            .takeWhile(line -> line.startsWith("|"))
            .filter(line -> !line.matches("[|: -]+"))
            .map(ResultTable::cells)
            .toList();
    return new ResultTable(file, page, section, rows.get(0), rows.subList(1, rows.size()));
  }

  private static List<String> cells(String line) {
    String inner = line.strip().replaceFirst("^\\|", "").replaceFirst("\\|$", "");
    return Arrays.stream(inner.split("\\|", -1)).map(String::strip).toList();
  }

  /** {@return whether it has columns of these names} */
  boolean has(String... names) {
    return columns.containsAll(List.of(names));
  }

  /** {@return a cell of a row, by the name of its column} */
  String cell(List<String> row, String column) {
    return row.get(columns.indexOf(column));
  }

  /** {@return a link to the file from the pages} */
  String link() {
    return "[" + page + "](../bench/results/" + file + ")";
  }
}
