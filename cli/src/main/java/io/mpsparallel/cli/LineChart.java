package io.mpsparallel.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A chart as SVG: a line for each strategy over the numbers of callers, both scales logarithmic.
 * Pure functions.
 */
final class LineChart {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 300;
  private static final int LEFT = 64;
  private static final int RIGHT = 110;
  private static final int TOP = 16;
  private static final int BOTTOM = 36;

  /**
   * A line.
   *
   * @param name what it is called
   * @param values a value for each number of callers, above 0
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
   * @param callers the numbers of callers, rising
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

  private java.util.stream.DoubleStream values() {
    return lines.stream()
        .flatMap(line -> line.values().stream())
        .mapToDouble(value -> Math.max(1e-3, value));
  }

  String svg() {
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n<title>%s</title>%n",
            WIDTH,
            HEIGHT,
            Html.text(title),
            Html.text(title)));
    grid(svg);
    List<Double> labels = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      line(svg, lines.get(i), i, labels);
    }
    return svg.append("</svg>\n").toString();
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
          y + 4,
          Numbers.rate(tick));
    }
    for (int i = 0; i < callers.size(); i++) {
      append(
          svg,
          "<text class=\"tick\" text-anchor=\"middle\" x=\"%.1f\" y=\"%d\">%s</text>%n",
          x(i),
          HEIGHT - 14,
          callers.get(i) == 0 ? "open" : callers.get(i));
    }
    append(
        svg,
        "<text class=\"tick\" text-anchor=\"middle\" x=\"%d\" y=\"%d\">callers</text>%n",
        (LEFT + WIDTH - RIGHT) / 2,
        HEIGHT - 1);
  }

  private void line(StringBuilder svg, Line line, int number, List<Double> labels) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < line.values().size(); i++) {
      points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(i), y(line.values().get(i))));
    }
    append(svg, "<polyline class=\"line s%d\" points=\"%s\"/>%n", number, points.toString().trim());
    for (int i = 0; i < line.values().size(); i++) {
      append(
          svg,
          "<circle class=\"dot s%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>%s</title></circle>%n",
          number,
          x(i),
          y(line.values().get(i)),
          Html.text(
              line.name() + ", " + callers.get(i) + ": " + Numbers.rate(line.values().get(i))));
    }
    double at = free(y(line.values().get(line.values().size() - 1)), labels);
    append(
        svg,
        "<text class=\"name s%d\" x=\"%d\" y=\"%.1f\">%s</text>%n",
        number,
        WIDTH - RIGHT + 10,
        at + 4,
        Html.text(line.name()));
  }

  /** Names that would lie on each other move down. */
  private static double free(double wanted, List<Double> taken) {
    double at = wanted;
    boolean moved = true;
    while (moved) {
      moved = false;
      for (double other : taken) {
        if (Math.abs(other - at) < 15) {
          at = other + 15;
          moved = true;
        }
      }
    }
    taken.add(at);
    return at;
  }

  private double x(int index) {
    double width = WIDTH - LEFT - RIGHT;
    return callers.size() == 1
        ? LEFT + width / 2
        : LEFT + 12 + index * (width - 24) / (callers.size() - 1);
  }

  private double y(double value) {
    double share = Math.log(Math.max(low, value) / low) / Math.log(high / low);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  }

  private static void append(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }
}
