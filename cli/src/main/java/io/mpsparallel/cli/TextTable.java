package io.mpsparallel.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A table in plain text: a heading, a rule, and rows with numbers to the right. One thread. */
final class TextTable {
  private static final Pattern NUMBER = Pattern.compile("[-+]?[0-9][0-9 .,e+-]*( [a-zµ]+)?|-");
  private static final String GAP = "  ";

  private final List<String> heading;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * An empty table.
   *
   * @param heading the titles of the columns
   */
  TextTable(String... heading) {
    this.heading = List.of(heading);
  }

  /**
   * Adds a row.
   *
   * @param cells as many as there are columns
   * @return this table
   */
  TextTable row(Object... cells) {
    List<String> texts = new ArrayList<>();
    for (Object cell : cells) {
      texts.add(cell.toString());
    }
    if (texts.size() != heading.size()) {
      throw new IllegalArgumentException(
          "cells: " + texts + " (expected: " + heading.size() + " of them)");
    }
    rows.add(texts);
    return this;
  }

  /** {@return the lines, each with its end} */
  String render() {
    int columns = heading.size();
    int[] widths = new int[columns];
    boolean[] numeric = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      int column = c;
      widths[c] = heading.get(c).length();
      rows.forEach(r -> widths[column] = Math.max(widths[column], r.get(column).length()));
      numeric[c] =
          !rows.isEmpty() && rows.stream().allMatch(r -> NUMBER.matcher(r.get(column)).matches());
    }
    StringBuilder text = new StringBuilder();
    append(text, heading, widths, numeric);
    append(text, rules(widths), widths, numeric);
    rows.forEach(row -> append(text, row, widths, numeric));
    return text.toString();
  }

  private static List<String> rules(int[] widths) {
    List<String> rules = new ArrayList<>();
    for (int width : widths) {
      rules.add("-".repeat(width));
    }
    return rules;
  }

  private static void append(
      StringBuilder text, List<String> cells, int[] widths, boolean[] numeric) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      String padding = " ".repeat(widths[c] - cells.get(c).length());
      line.append(c == 0 ? "" : GAP);
      line.append(numeric[c] ? padding + cells.get(c) : cells.get(c) + padding);
    }
    text.append(line.toString().stripTrailing()).append(System.lineSeparator());
  }
}
