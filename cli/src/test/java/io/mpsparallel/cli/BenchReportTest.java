package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** What the figures of a comparison lead to. */
final class BenchReportTest {
  private static BenchCell cell(String strategy, int callers, double perSecond) {
    return new BenchCell(
        strategy,
        callers,
        "blocking",
        1,
        perSecond,
        perSecond * 0.9,
        perSecond * 1.1,
        1e6 / perSecond,
        3e6 / perSecond,
        9e6 / perSecond,
        strategy.equals("batching") ? callers / 2.0 : 1,
        0,
        0);
  }

  private static BenchResults results() {
    return new BenchResults(
        "my <model> & co.pt",
        Map.of("jdk", "17 \"quoted\""),
        List.of(
            cell("threads", 1, 1000),
            cell("batching", 1, 1010),
            cell("threads", 64, 2000),
            cell("batching", 64, 9000)));
  }

  @Test
  void best_asGoodAsTheFastest_isTheSimpler() {
    assertThat(results().best(1).strategy()).isEqualTo("threads");
    assertThat(results().best(64).strategy()).isEqualTo("batching");
  }

  @Test
  void recommended_losesLeastOverAllLoads() {
    assertThat(results().recommended()).isEqualTo("batching");
    assertThat(results().shareOfBest("batching")).isEqualTo(1);
    assertThat(results().hocon()).isEqualTo("mps-parallel.strategy = batching");
    assertThat(results().advice())
        .containsExactly(
            "With 1 caller, threads: 1,000 requests a second, half of them within 1,000 us.",
            "With 64 callers, batching: 9,000 requests a second, half of them within 111 us.",
            "Over all loads, batching: it does 1.00 of the fastest of each.");
  }

  private static Document parsed(String html) throws Exception {
    String xml = html.substring(html.indexOf("<html"));
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(xml)));
  }

  private static List<Element> elements(Document page, String tag) {
    NodeList found = page.getElementsByTagName(tag);
    List<Element> all = new ArrayList<>();
    for (int i = 0; i < found.getLength(); i++) {
      all.add((Element) found.item(i));
    }
    return all;
  }

  @Test
  void html_isWellFormed_andHasChartsTableAndAdvice() throws Exception {
    Document page = parsed(new BenchReport(results()).html());
    List<Element> charts = elements(page, "svg");
    assertThat(charts).hasSize(4);
    assertThat(charts).allMatch(chart -> !chart.getAttribute("aria-label").isEmpty());
    assertThat(elements(page, "polyline")).hasSize(4 * 2);
    assertThat(elements(page, "circle")).hasSize(4 * 4);
    assertThat(elements(page, "tr")).hasSize(1 + 4 + 1);
    assertThat(elements(page, "h1").get(0).getTextContent())
        .isEqualTo("Strategies for my <model> & co.pt");
    assertThat(elements(page, "pre").get(0).getTextContent())
        .isEqualTo("mps-parallel.strategy = batching");
  }

  @Test
  void html_needsNothingElse() {
    assertThat(new BenchReport(results()).html())
        .doesNotContain("http", "<script", "src=", "href=", "url(", "@import");
  }

  @Test
  void chart_everyPoint_isInside() throws Exception {
    Document page = parsed(new BenchReport(results()).html());
    for (Element dot : elements(page, "circle")) {
      assertThat(Double.parseDouble(dot.getAttribute("cx"))).isBetween(64.0, 530.0);
      assertThat(Double.parseDouble(dot.getAttribute("cy"))).isBetween(15.9, 264.1);
    }
  }

  @Test
  void chart_higherValues_areHigherUp() throws Exception {
    Document page = parsed(new BenchReport(results()).html());
    List<Element> dots = elements(page, "circle");
    double threads = Double.parseDouble(dots.get(1).getAttribute("cy"));
    double batching = Double.parseDouble(dots.get(3).getAttribute("cy"));
    assertThat(batching).isLessThan(threads);
  }
}
