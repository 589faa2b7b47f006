package io.mpsparallel.cli;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What {@code demo} prints about its measurements. Pure functions. */
final class DemoText {
  private static final String END = System.lineSeparator();

  private DemoText() {}

  /** {@return the table} */
  static String table(List<Demo.Line> lines) {
    TextTable table =
        new TextTable("strategy", "callers", "rows", "requests/s", "rows/s", "p50", "p99");
    for (Demo.Line line : lines) {
      table.row(
          line.strategy(),
          line.callers(),
          line.rows(),
          Numbers.rate(line.measured().perSecond()),
          Numbers.rate(line.rowsPerSecond()),
          Numbers.millis(line.measured().percentile(50)),
          Numbers.millis(line.measured().percentile(99)));
    }
    return table.render();
  }

  /** {@return what the table says, in words} */
  static String conclusions(List<Demo.Line> lines, double maxDifference) {
    StringBuilder text = new StringBuilder();
    text.append("Every answer was finite, and callers got the same answers");
    text.append(
        maxDifference == 0
            ? ", to the last bit."
            : " within " + Numbers.difference(maxDifference) + ".");
    text.append(END);
    lines.stream()
        .max(Comparator.comparingDouble(Demo.Line::rowsPerSecond))
        .ifPresent(best -> text.append(most(best)).append(END));
    for (String strategy : lines.stream().map(Demo.Line::strategy).distinct().toList()) {
      text.append(scaling(lines, strategy)).append(END);
    }
    return text.toString();
  }

  private static String most(Demo.Line best) {
    return String.format(
        Locale.ROOT,
        "Most work done: %s rows/s, with strategy %s, %d callers and %d rows in a request.",
        Numbers.rate(best.rowsPerSecond()),
        best.strategy(),
        best.callers(),
        best.rows());
  }

  private static String scaling(List<Demo.Line> lines, String strategy) {
    int rows = Demo.ROWS.get(0);
    List<Demo.Line> alike =
        lines.stream().filter(l -> l.strategy().equals(strategy) && l.rows() == rows).toList();
    Demo.Line few = alike.get(0);
    Demo.Line many = alike.get(alike.size() - 1);
    return String.format(
        Locale.ROOT,
        "Strategy %s with %d callers instead of %d: %.1f times the requests/s (%d row each).",
        strategy,
        many.callers(),
        few.callers(),
        many.measured().perSecond() / Math.max(1e-9, few.measured().perSecond()),
        rows);
  }
}
