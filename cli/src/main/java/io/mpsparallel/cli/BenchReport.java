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
      :root { color-scheme: light dark; --ink: #1b1f24; --paper: LIGHT; --faint: #d0d7de;
        --late: #8c959f; --waiting: #bc4c00; --running: #0550ae; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: DARK;
        --faint: #3d444d; --late: #6e7681; --waiting: #ffa657; --running: #79c0ff; } }
      body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
        max-width: 46rem; margin: 0 auto; padding: 1rem; overflow-wrap: break-word; }
      h1 { font-size: 1.5rem; } h2 { font-size: 1.25rem; margin-top: 2rem; }
      h3 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
      figure { margin: 0; max-width: 32rem; } .spent { margin-top: .8rem; }
      figcaption, .legend { font-size: .9rem; }
      .chart { display: block; width: 100%; height: auto; } .spent .chart { height: 1rem; }
      .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0;
        margin: .4rem 0; }
      .legend li { display: flex; align-items: center; gap: .4rem; }
      .sample { width: 2.75rem; height: 1rem; flex: none; } .wide { overflow-x: auto; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
      th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--faint); text-align: right; }
      th:first-child, td:first-child, .left { text-align: left; }
      pre { background: color-mix(in srgb, var(--faint) 35%, var(--paper)); padding: .8rem;
        overflow-x: auto; }
      .grid { stroke: var(--faint); } .tick { fill: var(--ink); font-size: 15px; }
      .line { fill: none; stroke: var(--c); stroke-width: 2.5; } .dot { fill: var(--c); }
      .late { fill: var(--late); } .waiting { fill: var(--waiting); }
      .running { fill: var(--running); }
      """
          .replace("LIGHT", SeriesStyle.LIGHT)
          .replace("DARK", SeriesStyle.DARK);

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
        .append("<title>" + Html.text(title) + "</title>\n")
        .append("<style>\n" + STYLE + SeriesStyle.css(results.strategies().size()) + "</style>")
        .append("</head>\n<body>\n<h1>" + Html.text(title) + "</h1>\n");
    advice(html);
    head(html, "Throughput against callers");
    chart(html, "Requests a second", BenchCell::requestsPerSecond);
    head(html, "Latency");
    chart(html, "p50: microseconds within which half were answered", BenchCell::p50Micros);
    chart(html, "p99: microseconds within which 99 of 100 were", BenchCell::p99Micros);
    head(html, "Batch sizes");
    chart(html, "Rows of a forward, on average", BenchCell::meanBatchRows);
    spent(html);
    table(html);
    facts(html);
    return html.append("</body></html>\n").toString();
  }

  private static void head(StringBuilder html, String text) {
    html.append("<h2>" + Html.text(text) + "</h2>\n");
  }

  private void advice(StringBuilder html) {
    BenchAdvice advice = new BenchAdvice(results);
    head(html, "What to use");
    html.append("<ul>\n");
    advice.lines().forEach(line -> html.append("<li>" + Html.text(line) + "</li>\n"));
    html.append("</ul>\n<p>To paste into the settings:</p>\n<pre>");
    html.append(Html.text(advice.hocon()) + "</pre>\n");
  }

  private void chart(StringBuilder html, String title, ToDoubleFunction<BenchCell> value) {
    List<LineChart.Line> lines =
        results.strategies().stream()
            .map(name -> new LineChart.Line(name, values(name, value)))
            .toList();
    html.append("<h3>" + Html.text(title) + "</h3>\n");
    html.append(new LineChart(title, results.callers(), lines).html());
  }

  private void spent(StringBuilder html) {
    head(html, "Where the time goes");
    html.append(new SpentChart(results.cells()).html());
    html.append(
        "<p>The queue and the lanes were looked at every two milliseconds: the number that waited"
            + " on average, times how long that was, is shared out among the requests.</p>\n");
  }

  private List<Double> values(String strategy, ToDoubleFunction<BenchCell> value) {
    return results.of(strategy).stream().map(cell -> value.applyAsDouble(cell)).toList();
  }

  private void table(StringBuilder html) {
    head(html, "All figures");
    html.append("<div class=\"wide\"><table>\n<tr>");
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
            "mean us",
            "in queue us",
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
            Numbers.rate(cell.spent().meanMicros()),
            Numbers.rate(cell.spent().waitingMicros()),
            Numbers.rate(cell.meanBatchRows()),
            cell.errors(),
            cell.rejected())) {
      html.append("<td>" + Html.text(value) + "</td>");
    }
    html.append("</tr>\n");
  }

  private void facts(StringBuilder html) {
    head(html, "Where this was measured");
    html.append("<div class=\"wide\"><table>\n");
    for (Map.Entry<String, String> fact : results.facts().entrySet()) {
      html.append("<tr><td>" + Html.text(fact.getKey()) + "</td><td class=\"left\">");
      html.append(Html.text(fact.getValue()) + "</td></tr>\n");
    }
    html.append(
        "</table></div>\n<p>Each load was applied to one strategy after the other, in rounds;"
            + " rates are the medians of the rounds, times are of all rounds together.</p>\n");
  }
}
