package io.mpsparallel.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** A table in Markdown that is a table to the eye as well. One thread. */
final class Table {
  private final int columns;
  private final List<List<String>> rows = new ArrayList<>();

  Table(String... heading) {
    columns = heading.length;
    row((Object[]) heading);
  }

  /** Adds a row of as many cells as there are columns. */
  Table row(Object... cells) {
    if (cells.length != columns) {
      throw new IllegalArgumentException("cells: " + cells.length + " (expected: " + columns + ")");
    }
    rows.add(Arrays.stream(cells).map(String::valueOf).toList());
    return this;
  }

  /** {@return the lines, each with its end} */
  String render() {
    int[] widths =
        IntStream.range(0, columns)
            .map(c -> rows.stream().mapToInt(r -> r.get(c).length()).max().orElse(0))
            .map(width -> Math.max(width, 3))
            .toArray();
    StringBuilder text = new StringBuilder();
    List<String> rule = IntStream.of(widths).mapToObj("-"::repeat).toList();
    List<List<String>> lines = new ArrayList<>(rows);
    lines.addAll(1, Collections.singleton(rule));
    lines.forEach(line -> append(text, line, widths));
    return text.toString();
  }

  private static void append(StringBuilder text, List<String> cells, int[] widths) {
    for (int c = 0; c < widths.length; c++) {
      String cell = cells.get(c);
      text.append("| ").append(cell).append(" ".repeat(widths[c] - cell.length() + 1));
    }
    text.append('|').append(System.lineSeparator());
  }
}
