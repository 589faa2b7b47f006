package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The report as Chromium shows it on a page of 400 px, bright and dark. The report lies in a frame,
 * as a window of Chromium's is never narrower than 500 px; a script beside it measures.
 */
@Tag("browser")
@Timeout(120)
final class ReportInBrowserTest {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome");

  private static final Pattern FOUND = Pattern.compile("<pre id=\"found\">([^<]*)</pre>");

  /** Measures what is in the frame, and leaves it in the page as JSON. */
  private static final String SCRIPT =
      """
      function pixel(colour) {
        const canvas = document.createElement('canvas').getContext('2d');
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return Array.from(canvas.getImageData(0, 0, 1, 1).data);
      }
      function luminance(rgb) {
        const parts = rgb.slice(0, 3).map(p => p / 255)
            .map(p => p <= 0.03928 ? p / 12.92 : Math.pow((p + 0.055) / 1.055, 2.4));
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      }
      function background(view, element) {
        for (let one = element; one; one = one.parentElement) {
          const rgba = pixel(view.getComputedStyle(one).backgroundColor);
          if (rgba[3] === 255) return rgba;
        }
        return [255, 255, 255];
      }
      function contrast(view, element) {
        const style = view.getComputedStyle(element);
        const ink = luminance(pixel(element.localName === 'text' ? style.fill : style.color));
        const paper = luminance(background(view, element));
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      }
      function size(view, element) {
        const own = parseFloat(view.getComputedStyle(element).fontSize);
        return element.localName === 'text' ? own * element.getScreenCTM().d : own;
      }
      function inside(element) {
        const own = element.getBoundingClientRect();
        const all = element.ownerSVGElement.getBoundingClientRect();
        return own.left >= all.left - 0.5 && own.right <= all.right + 0.5
            && own.top >= all.top - 0.5 && own.bottom <= all.bottom + 0.5;
      }
      function least(elements, value) {
        const all = elements.map(one => ({ text: one.textContent.trim(), value: value(one) }));
        return all.reduce((one, other) => one.value <= other.value ? one : other);
      }
      function measure(frame) {
        const view = frame.contentWindow;
        const page = frame.contentDocument;
        const own = one => Array.from(one.childNodes).some(n => n.nodeType === 3 && n.data.trim());
        const texts = Array.from(page.body.querySelectorAll('*'))
            .filter(one => own(one) && one.localName !== 'title');
        const inCharts = texts.filter(one => one.closest('figure'));
        const found = {
          dark: view.matchMedia('(prefers-color-scheme: dark)').matches,
          width: view.innerWidth,
          scrollWidth: page.documentElement.scrollWidth,
          charts: Array.from(page.querySelectorAll('svg.chart')).map(chart => ({
            name: chart.getAttribute('aria-label'),
            width: chart.getBoundingClientRect().width,
            height: chart.getBoundingClientRect().height,
            drawn: chart.getBBox().width })),
          heads: Array.from(page.querySelectorAll('h2')).map(one => one.textContent),
          outside: texts.filter(one => one.localName === 'text' && !inside(one))
              .map(one => one.textContent),
          smallest: least(inCharts, one => size(view, one)),
          faintest: least(texts, one => contrast(view, one)),
        };
        document.getElementById('found').textContent = JSON.stringify(found);
      }
      """;

  @TempDir private Path folder;

  /** What was seen in the page, and what the browser logged. */
  private record Seen(Config found, List<String> console) {}

  /** A report; its name is for people. */
  private record Report(String name, BenchResults results) {
    int charts() {
      return 4 + results.cells().size();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Report> reports() {
    int[] loads = {1, 2, 3, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3000, 4096};
    return List.of(
        new Report("seven strategies", BenchSamples.many(7, 1, 8, 64)),
        new Report("many loads", BenchSamples.many(2, loads)),
        new Report("open loop", BenchSamples.many(5, 0)));
  }

  private static Path chromium() {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of(path.split(":", -1))
        .flatMap(one -> NAMES.stream().map(name -> Path.of(one, name)))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new AssertionError(
                    "no Chromium on the PATH (expected: one of "
                        + NAMES
                        + "; 'apt-get install chromium' installs it), which tests tagged `browser`"
                        + " need"));
  }

  private Seen open(String html, boolean dark) throws IOException, InterruptedException {
    Path chromium = chromium();
    Path page =
        Files.writeString(
            folder.resolve("page.html"),
            "<!DOCTYPE html><html style=\"color-scheme: light dark\"><meta charset=\"utf-8\">"
                + "<script>"
                + SCRIPT
                + "</script><pre id=\"found\"></pre><iframe width=\"400\" height=\"900\""
                + " style=\"border: 0\" onload=\"measure(this)\" srcdoc=\""
                + Html.text(html)
                + "\"></iframe></html>");
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder(
                chromium.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-crash-reporter",
                "--no-first-run",
                "--user-data-dir=" + folder.resolve("profile"),
                "--blink-settings=preferredColorScheme=" + (dark ? 0 : 1),
                "--enable-logging=stderr",
                "--v=0",
                "--dump-dom",
                page.toUri().toString())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      assertThat(process.waitFor(90, TimeUnit.SECONDS)).as("Chromium ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    return seen(Files.readString(out), Files.readString(err));
  }

  private static Seen seen(String out, String err) {
    Matcher matcher = FOUND.matcher(out);
    assertThat(matcher.find() && !matcher.group(1).isEmpty())
        .as("Chromium has measured the page: " + err)
        .isTrue();
    String json = matcher.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    return new Seen(
        ConfigFactory.parseString(json),
        err.lines().filter(line -> line.contains("CONSOLE")).toList());
  }

  @ParameterizedTest
  @MethodSource("reports")
  void report_bright_canBeReadOnANarrowPage(Report report) throws Exception {
    assertReadable(report, open(new BenchReport(report.results).html(), false), false);
  }

  @ParameterizedTest
  @MethodSource("reports")
  void report_dark_canBeReadOnANarrowPage(Report report) throws Exception {
    assertReadable(report, open(new BenchReport(report.results).html(), true), true);
  }

  private static void assertReadable(Report report, Seen seen, boolean dark) {
    Config found = seen.found();
    assertThat(seen.console()).as("what the console says").isEmpty();
    assertThat(found.getBoolean("dark")).as("dark").isEqualTo(dark);
    assertThat(found.getInt("width")).as("width of the page").isEqualTo(400);
    assertThat(found.getInt("scrollWidth"))
        .as("width with what sticks out")
        .isLessThanOrEqualTo(400);
    assertThat(found.getConfigList("charts")).as("charts").hasSize(report.charts());
    assertThat(found.getConfigList("charts")).allSatisfy(ReportInBrowserTest::assertDrawn);
    assertThat(found.getStringList("heads"))
        .contains("Throughput against callers", "Latency", "Batch sizes", "Where the time goes");
    assertThat(found.getStringList("outside")).as("texts that stick out of charts").isEmpty();
    assertThat(found.getDouble("smallest.value"))
        .as("size in px of the smallest text of charts: " + found.getString("smallest.text"))
        .isGreaterThanOrEqualTo(11);
    assertThat(found.getDouble("faintest.value"))
        .as("contrast of the faintest text: " + found.getString("faintest.text"))
        .isGreaterThanOrEqualTo(4.5);
  }

  private static void assertDrawn(Config chart) {
    assertThat(chart.getDouble("width")).as("width of " + chart).isGreaterThan(200);
    assertThat(chart.getDouble("height")).as("height of " + chart).isGreaterThan(10);
    assertThat(chart.getDouble("drawn")).as("what is drawn in " + chart).isGreaterThan(200);
  }
}
