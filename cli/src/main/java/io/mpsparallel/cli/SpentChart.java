package io.mpsparallel.cli;

import java.util.List;
import java.util.Locale;

/**
 * Where the time of a request goes, as bars: one for each strategy and load, from the moment a
 * request is made to its answer. Pure functions.
 */
final class SpentChart {
  private static final int WIDTH = 400;
  private static final int HEIGHT = 16;

  private final List<BenchCell> cells;

  /**
   * Bars.
   *
   * @param cells what was measured, in order
   */
  SpentChart(List<BenchCell> cells) {
    this.cells = cells;
  }

  /** {@return the bars, each with its figures above it} */
  String html() {
    StringBuilder html = new StringBuilder("<ul class=\"legend\">\n");
    if (isOpen()) {
      sample(html, "late", "due, but not yet sent");
    }
    sample(html, "waiting", "waiting in the queue");
    sample(html, "running", "being run and handed over: the rest");
    html.append("</ul>\n");
    cells.forEach(cell -> bar(html, cell));
    return html.toString();
  }

  private boolean isOpen() {
    return cells.stream().anyMatch(cell -> cell.open() != null);
  }

  private static void sample(StringBuilder html, String part, String text) {
    append(
        html,
        "<li><svg class=\"sample\" viewBox=\"0 0 44 16\" aria-hidden=\"true\">"
            + "<rect class=\"%s\" width=\"44\" height=\"16\"/></svg> %s</li>%n",
        part,
        text);
  }

  private static void bar(StringBuilder html, BenchCell cell) {
    String said = words(cell);
    append(html, "<figure class=\"spent\">%n<figcaption>%s</figcaption>%n", Html.text(said));
    append(
        html,
        "<svg class=\"chart\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\""
            + " aria-label=\"%s\">%n",
        WIDTH,
        HEIGHT,
        Html.text(said));
    double to = part(html, "late", 0, share(cell, cell.spent().lateMicros()));
    to = part(html, "waiting", to, share(cell, cell.spent().waitingMicros()));
    part(html, "running", to, WIDTH - to);
    html.append("</svg>\n</figure>\n");
  }

  private static double share(BenchCell cell, double micros) {
    double mean = cell.spent().meanMicros();
    return mean <= 0 ? 0 : WIDTH * micros / mean;
  }

  /** Draws a part, and returns where it ends. */
  private static double part(StringBuilder html, String name, double from, double width) {
    if (width >= 0.05) {
      append(
          html,
          "<rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" height=\"%d\"/>%n",
          name,
          from,
          width,
          HEIGHT);
    }
    return from + width;
  }

  private static String words(BenchCell cell) {
    BenchCell.Spent spent = cell.spent();
    boolean open = cell.open() != null;
    String load =
        open ? "" : ", " + cell.callers() + (cell.callers() == 1 ? " caller" : " callers");
    String late = open ? Numbers.rate(spent.lateMicros()) + " until it was sent, " : "";
    return String.format(
        Locale.ROOT,
        "%s%s: %s us on average, of which %s%s in the queue; lanes had work for %.0f %% of the"
            + " time",
        cell.strategy(),
        load,
        Numbers.rate(spent.meanMicros()),
        late,
        Numbers.rate(spent.waitingMicros()),
        100 * spent.busy());
  }

  private static void append(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values));
  }
}
