package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** A comparison as a page. */
final class BenchReportTest {
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

  private static List<Element> elements(Document page, String tag, String kind) {
    return elements(page, tag).stream()
        .filter(one -> List.of(one.getAttribute("class").split(" ", -1)).contains(kind))
        .toList();
  }

  /** The markers in charts, those of legends apart. */
  private static List<Element> dots(Document page) {
    return elements(page, "path", "dot").stream()
        .filter(dot -> ((Element) dot.getParentNode()).getAttribute("class").equals("chart"))
        .toList();
  }

  private static double[] at(Element dot) {
    String moved = dot.getAttribute("transform").replaceAll("[^0-9. -]", "");
    return Arrays.stream(moved.split(" ", -1)).mapToDouble(Double::parseDouble).toArray();
  }

  @Test
  void html_isWellFormed_andHasChartsTableAndAdvice() throws Exception {
    Document page = parsed(new BenchReport(BenchSamples.two()).html());
    List<Element> charts = elements(page, "svg", "chart");
    assertThat(charts).hasSize(4 + 4);
    assertThat(charts).allMatch(chart -> !chart.getAttribute("aria-label").isEmpty());
    assertThat(dots(page)).hasSize(4 * 4);
    assertThat(elements(page, "tr")).hasSize(1 + 4 + 1);
    assertThat(elements(page, "h1").get(0).getTextContent())
        .isEqualTo("Strategies for my <model> & co.pt");
    assertThat(elements(page, "pre").get(0).getTextContent())
        .isEqualTo("mps-parallel.strategy = batching");
    assertThat(elements(page, "h2"))
        .extracting(Element::getTextContent)
        .containsExactly(
            "What to use",
            "Throughput against callers",
            "Latency",
            "Batch sizes",
            "Where the time goes",
            "All figures",
            "Where this was measured");
  }

  @Test
  void html_whereTheTimeGoes_addsUpToTheWholeBar() throws Exception {
    for (int load : new int[] {0, 8}) {
      Document page = parsed(new BenchReport(BenchSamples.many(3, load)).html());
      double[] widths =
          elements(page, "rect").stream()
              .filter(one -> one.hasAttribute("x"))
              .mapToDouble(one -> Double.parseDouble(one.getAttribute("width")))
              .toArray();
      assertThat(widths).hasSize(load == 0 ? 9 : 6);
      assertThat(Arrays.stream(widths).sum()).isBetween(1199.5, 1200.5);
    }
    Document page = parsed(new BenchReport(BenchSamples.two()).html());
    assertThat(elements(page, "figcaption").get(0).getTextContent())
        .isEqualTo(
            "threads, 1 caller: 1,200 us on average, of which 300 in the queue; lanes had work for"
                + " 50 % of the time");
  }

  @Test
  void html_needsNothingElse() {
    assertThat(new BenchReport(BenchSamples.two()).html())
        .doesNotContain("http", "<script", "src=", "href=", "url(", "@import");
  }

  @Test
  void chart_everyPoint_isInside() throws Exception {
    for (int[] loads : new int[][] {{1, 64}, {0}, {8}}) {
      Document page = parsed(new BenchReport(BenchSamples.many(7, loads)).html());
      for (Element dot : dots(page)) {
        assertThat(at(dot)[0]).isBetween(48.0, 428.0);
        assertThat(at(dot)[1]).isBetween(11.9, 252.1);
      }
    }
  }

  @Test
  void chart_oneLoad_markersDoNotHideEachOther() throws Exception {
    Document page = parsed(new BenchReport(BenchSamples.many(5, 0)).html());
    assertThat(dots(page).subList(0, 5).stream().map(dot -> at(dot)[0])).doesNotHaveDuplicates();
    assertThat(elements(page, "text")).extracting(Element::getTextContent).contains("open loop");
  }

  @Test
  void chart_higherValues_areHigherUp() throws Exception {
    List<Element> dots = dots(parsed(new BenchReport(BenchSamples.two()).html()));
    assertThat(at(dots.get(3))[1]).isLessThan(at(dots.get(1))[1]);
  }

  @Test
  void chart_valuesOfNothing_lieAtTheBottom() {
    String chart =
        new LineChart("t", List.of(1, 2), List.of(new LineChart.Line("l", List.of(0.0, 50.0))))
            .html();
    assertThat(chart).contains("translate(60.0 252.0)").contains(">100<").doesNotContain("NaN");
  }

  @Test
  void chart_manyLoads_areNotAllNamed() throws Exception {
    int[] loads = IntStream.rangeClosed(1, 20).toArray();
    Document page = parsed(new BenchReport(BenchSamples.many(1, loads)).html());
    assertThat(elements(page, "text"))
        .extracting(Element::getTextContent)
        .contains("1", "4", "19")
        .doesNotContain("2", "20");
  }

  @Test
  void json_openLoop_carriesTheRate_closedDoesNot() {
    BenchCell open = BenchSamples.open("threads", 990, 500, 0.01, 0);
    assertThat(open.json()).containsEntry("rate", 1000.0).containsEntry("kept_up", true);
    assertThat(BenchSamples.cell("threads", 1, 10).json()).doesNotContainKeys("rate", "behind");
  }
}
