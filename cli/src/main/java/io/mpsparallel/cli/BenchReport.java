package io.mpsparallel.cli;

import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * A comparison of strategies as one HTML file that needs nothing else: what to do, charts, and all
 * figures as a table. It is well-formed XML as well. Pure functions.
 */
final class BenchReport {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --faint: #d0d7de;
        --s0: #0550ae; --s1: #bc4c00; --s2: #1a7f37; --s3: #8250df; --s4: #a40e26; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117;
        --faint: #3d444d; --s0: #79c0ff; --s1: #ffa657; --s2: #7ee787; --s3: #d2a8ff;
        --s4: #ff7b72; } }
      body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
        max-width: 46rem; margin: 0 auto; padding: 1rem; }
      h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
      svg { width: 100%; height: auto; } .wide { overflow-x: auto; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
      th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--faint); text-align: right; }
      th:first-child, td:first-child, .left { text-align: left; }
      pre { background: color-mix(in srgb, var(--faint) 35%, var(--paper)); padding: .8rem;
        overflow-x: auto; }
      .grid { stroke: var(--faint); } .tick { fill: var(--ink); font-size: 12px; }
      .name { font-size: 13px; } .line { fill: none; stroke-width: 2.5; }
      .line.s0, .dot.s0 { stroke: var(--s0); } .name.s0, .dot.s0 { fill: var(--s0); }
      .line.s1, .dot.s1 { stroke: var(--s1); } .name.s1, .dot.s1 { fill: var(--s1); }
      .line.s2, .dot.s2 { stroke: var(--s2); } .name.s2, .dot.s2 { fill: var(--s2); }
      .line.s3, .dot.s3 { stroke: var(--s3); } .name.s3, .dot.s3 { fill: var(--s3); }
      .line.s4, .dot.s4 { stroke: var(--s4); } .name.s4, .dot.s4 { fill: var(--s4); }
      """;

  private final BenchResults results;

  /**
   * A report.
   *
   * @param results what was measured
   */
  BenchReport(BenchResults results) {
    this.results = results;
  }

  String html() {
    StringBuilder html = new StringBuilder();
    String title = "Strategies for " + results.model();
    html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n")
        .append("<title>" + Html.text(title) + "</title>\n<style>\n" + STYLE + "</style></head>\n")
        .append("<body>\n<h1>" + Html.text(title) + "</h1>\n");
    advice(html);
    chart(html, "Requests a second", BenchCell::requestsPerSecond);
    chart(html, "Half of the answers came within so many microseconds", BenchCell::p50Micros);
    chart(html, "99 of 100 answers came within so many microseconds", BenchCell::p99Micros);
    chart(html, "Rows of a forward", BenchCell::meanBatchRows);
    table(html);
    facts(html);
    return html.append("</body></html>\n").toString();
  }

  private void advice(StringBuilder html) {
    html.append("<h2>What to use</h2>\n<ul>\n");
    results.advice().forEach(line -> html.append("<li>" + Html.text(line) + "</li>\n"));
    html.append("</ul>\n<pre>" + Html.text(results.hocon()) + "</pre>\n");
  }

  private void chart(StringBuilder html, String title, ToDoubleFunction<BenchCell> value) {
    List<LineChart.Line> lines =
        results.strategies().stream()
            .map(name -> new LineChart.Line(name, values(name, value)))
            .toList();
    html.append("<h2>" + Html.text(title) + "</h2>\n");
    html.append(new LineChart(title, results.callers(), lines).svg());
  }

  private List<Double> values(String strategy, ToDoubleFunction<BenchCell> value) {
    return results.of(strategy).stream().map(cell -> value.applyAsDouble(cell)).toList();
  }

  private void table(StringBuilder html) {
    html.append("<h2>All figures</h2>\n<div class=\"wide\"><table>\n<tr>");
    for (String head :
        List.of(
            "strategy",
            "callers",
            "requests/s",
            "slowest...fastest round",
            "rows/s",
            "p50 us",
            "p99 us",
            "max us",
            "rows of a forward",
            "failed",
            "rejected")) {
      html.append("<th>" + head + "</th>");
    }
    html.append("</tr>\n");
    results.cells().forEach(cell -> row(html, cell));
    html.append("</table></div>\n");
  }

  private static void row(StringBuilder html, BenchCell cell) {
    html.append("<tr><td>" + Html.text(cell.strategy()) + "</td>");
    for (Object value :
        List.of(
            cell.callers() == 0 ? "open loop" : cell.callers(),
            Numbers.rate(cell.requestsPerSecond()),
            Numbers.rate(cell.least()) + "..." + Numbers.rate(cell.most()),
            Numbers.rate(cell.rowsPerSecond()),
            Numbers.rate(cell.p50Micros()),
            Numbers.rate(cell.p99Micros()),
            Numbers.rate(cell.maxMicros()),
            Numbers.rate(cell.meanBatchRows()),
            cell.errors(),
            cell.rejected())) {
      html.append("<td>" + Html.text(value) + "</td>");
    }
    html.append("</tr>\n");
  }

  private void facts(StringBuilder html) {
    html.append("<h2>Where this was measured</h2>\n<div class=\"wide\"><table>\n");
    for (Map.Entry<String, String> fact : results.facts().entrySet()) {
      html.append("<tr><td>" + Html.text(fact.getKey()) + "</td><td class=\"left\">");
      html.append(Html.text(fact.getValue()) + "</td></tr>\n");
    }
    html.append(
        "</table></div>\n<p>Each load was applied to one strategy after the other, in rounds;"
            + " rates are the medians of the rounds, times are of all rounds together.</p>\n");
  }
}
