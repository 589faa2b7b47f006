package io.mpsparallel.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * A chart as SVG, with what its lines are as a list below: a line for each strategy over the
 * numbers of callers, both scales logarithmic. Its text is of a size that can be read where the
 * page is as narrow as a telephone. Pure functions.
 */
final class LineChart {
  /** As wide as a page of 400 px allows, but for a fifth: text shrinks by no more than that. */
  private static final int WIDTH = 440;

  private static final int HEIGHT = 300;
  private static final int LEFT = 48;
  private static final int RIGHT = 12;
  private static final int TOP = 12;
  private static final int BOTTOM = 48;
  private static final int MOST_LABELS = 7;

  /**
   * A line.
   *
   * @param name what it is called
   * @param values a value for each number of callers; what is 0 lies at the bottom
   */
  record Line(String name, List<Double> values) {}

  private final String title;
  private final List<Integer> callers;
  private final List<Line> lines;
  private final double low;
  private final double high;

  /**
   * A chart.
   *
   * @param title what it shows
   * @param callers the numbers of callers, rising; 0 is an open loop
   * @param lines the lines
   */
  LineChart(String title, List<Integer> callers, List<Line> lines) {
    this.title = title;
    this.callers = callers;
    this.lines = lines;
    double least = values().min().orElse(1);
    double most = values().max().orElse(1);
    low = Math.pow(10, Math.floor(Math.log10(least)));
    high = Math.pow(10, Math.max(Math.log10(low) + 1, Math.ceil(Math.log10(most))));
  }

  private DoubleStream values() {
    return lines.stream()
        .flatMap(line -> line.values().stream())
        .mapToDouble(Double::doubleValue)
        .filter(value -> value > 0);
  }

  /** {@return the figure: the chart and its legend} */
  String html() {
    StringBuilder html = new StringBuilder("<figure>\n");
    append(
        html,
        "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n",
        WIDTH,
        HEIGHT,
        Html.text(title));
    append(html, "<title>%s</title>%n", Html.text(title));
    grid(html);
    labels(html);
    for (int i = 0; i < lines.size(); i++) {
      line(html, lines.get(i), i);
    }
    html.append("</svg>\n<ul class=\"legend\">\n");
    for (int i = 0; i < lines.size(); i++) {
      legend(html, lines.get(i), i);
    }
    return html.append("</ul>\n</figure>\n").toString();
  }

  private void grid(StringBuilder svg) {
    for (double tick = low; tick <= high * 1.001; tick *= 10) {
      double y = y(tick);
      append(
          svg,
          "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>%n",
          LEFT,
          y,
          WIDTH - RIGHT,
          y);
      append(
          svg,
          "<text class=\"tick\" text-anchor=\"end\" x=\"%d\" y=\"%.1f\">%s</text>%n",
          LEFT - 6,
          y + 5,
          Numbers.tick(tick));
    }
  }

  private void labels(StringBuilder svg) {
    int every = (callers.size() + MOST_LABELS - 1) / MOST_LABELS;
    for (int i = 0; i < callers.size() && !isOpen(); i += every) {
      label(svg, x(i, 0), HEIGHT - BOTTOM + 20, String.valueOf(callers.get(i)));
    }
    String below = isOpen() ? "open loop" : "callers";
    label(svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8, below);
  }

  private static void label(StringBuilder svg, double x, int y, String text) {
    append(
        svg,
        "<text class=\"tick\" text-anchor=\"middle\" x=\"%.1f\" y=\"%d\">%s</text>%n",
        x,
        y,
        text);
  }

  private boolean isOpen() {
    return callers.equals(List.of(0));
  }

  private void line(StringBuilder svg, Line line, int number) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < line.values().size(); i++) {
      append(points, "%.1f,%.1f ", x(i, number), y(line.values().get(i)));
    }
    append(
        svg,
        "<polyline class=\"line s%d\" stroke-dasharray=\"%s\" points=\"%s\"/>%n",
        number,
        SeriesStyle.dashes(number),
        points.toString().trim());
    for (int i = 0; i < line.values().size(); i++) {
      double value = line.values().get(i);
      String where = isOpen() ? "" : ", " + callers.get(i);
      marker(svg, number, x(i, number), y(value), line.name() + where + ": " + Numbers.rate(value));
    }
  }

  private static void marker(StringBuilder svg, int number, double x, double y, String text) {
    append(
        svg,
        "<path class=\"dot s%d\" transform=\"translate(%.1f %.1f)\" d=\"%s\">"
            + "<title>%s</title></path>%n",
        number,
        x,
        y,
        SeriesStyle.marker(number),
        Html.text(text));
  }

  private static void legend(StringBuilder html, Line line, int number) {
    html.append("<li><svg class=\"sample\" viewBox=\"0 0 44 16\" aria-hidden=\"true\">");
    append(
        html,
        "<polyline class=\"line s%d\" stroke-dasharray=\"%s\" points=\"0,8 44,8\"/>"
            + "<path class=\"dot s%d\" transform=\"translate(22 8)\" d=\"%s\"/></svg> %s</li>%n",
        number,
        SeriesStyle.dashes(number),
        number,
        SeriesStyle.marker(number),
        Html.text(line.name()));
  }

  /** With one load there are no lines, and the markers stand beside each other. */
  private double x(int index, int number) {
    double width = WIDTH - LEFT - RIGHT;
    return callers.size() == 1
        ? LEFT + width * (number + 0.5) / lines.size()
        : LEFT + 12 + index * (width - 24) / (callers.size() - 1);
  }

  private double y(double value) {
    double share = Math.log(Math.max(low, value) / low) / Math.log(high / low);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  }

  private static void append(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values));
  }
}
