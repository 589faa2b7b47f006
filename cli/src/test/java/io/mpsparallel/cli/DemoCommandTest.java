package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeFunction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class DemoCommandTest {
  @TempDir private Path folder;

  private static FakeEngines engines(FakeFunction function) {
    return new FakeEngines(builder -> builder.model("mlp-512-1024-1024-512", function));
  }

  @Test
  void demo_measuresEveryCombination() {
    FakeEngines engines = engines(in -> DoctorCommandTest.layer(in, 512));
    Path report = folder.resolve("demo.html");
    CliRun run = CliRun.of(engines, "demo", "--seconds", "0.5", "--report", report.toString());

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    for (int callers : Demo.CALLERS) {
      for (int rows : Demo.ROWS) {
        assertThat(run.out()).containsPattern("(?m)^single +" + callers + " +" + rows + " ");
      }
    }
    assertThat(run.out())
        .contains("512-1024-1024-512")
        .contains("Device:   cpu (the best that is present)")
        .contains("Strategy: single")
        .contains("callers got the same answers, to the last bit.")
        .containsPattern("(?m)^ +64 +single +[0-9]")
        .contains("Report:   " + report)
        .contains("What to try next:");
    assertThat(report).content().startsWith("<!DOCTYPE html>").contains("<svg");
    assertThat(engines.settings).hasSize(2);
  }

  @Test
  void report_thatCannotBeWritten_isToldBeforeAnythingIsMeasured() {
    FakeEngines engines = engines(in -> DoctorCommandTest.layer(in, 512));
    String nowhere = folder.resolve("no-folder/demo.html").toString();
    CliRun run = CliRun.of(engines, "demo", "--report", nowhere);

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("--report: " + nowhere + " (expected: ");
    assertThat(engines.settings).isEmpty();
  }

  @Test
  void demo_ofAChosenStrategyAndDevice_usesThem() {
    FakeEngines engines = engines(in -> DoctorCommandTest.layer(in, 512));
    CliRun run =
        CliRun.of(engines, "demo", "--seconds", "0.1", "--strategy", "single", "--device", "cpu");

    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("Device:   cpu (asked for)");
    assertThat(engines.settings.get(0).strategy()).isEqualTo("single");
  }

  @Test
  void answers_thatDiffer_failTheDemo() {
    AtomicInteger calls = new AtomicInteger();
    FakeEngines engines =
        engines(
            in -> {
              float[] values = new float[(int) in.get(0).spec().dim(0) * 512];
              values[0] = calls.incrementAndGet();
              return NamedTensors.of(Tensor.of(values, in.get(0).spec().dim(0), 512));
            });
    CliRun run = CliRun.of(engines, "demo", "--seconds", "0.1");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err()).contains("two answers to the same question differ by ");
  }

  @Test
  void answers_thatAreNoNumbers_failTheDemo() {
    FakeEngines engines =
        engines(
            in -> {
              float[] values = new float[(int) in.get(0).spec().dim(0) * 512];
              values[1] = Float.NaN;
              return NamedTensors.of(Tensor.of(values, in.get(0).spec().dim(0), 512));
            });
    CliRun run = CliRun.of(engines, "demo", "--seconds", "0.1");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err()).contains("differ by Infinity");
  }

  private static Demo.Line line(String strategy, int callers, int rows, long requests) {
    Histogram latencies = new Histogram(3);
    latencies.recordValue(1_500_000);
    return new Demo.Line(
        strategy, callers, rows, new Callers.Measured(requests, Duration.ofSeconds(2), latencies));
  }

  @Test
  void table_ofTwoStrategies_hasALineForEach() {
    String table = DemoText.table(List.of(line("single", 1, 1, 2000), line("threads", 8, 64, 30)));

    assertThat(table.lines())
        .containsExactly(
            "strategy  callers  rows  requests/s  rows/s       p50       p99",
            "--------  -------  ----  ----------  ------  --------  --------",
            "single          1     1       1,000   1,000  1.500 ms  1.500 ms",
            "threads         8    64        15.0     960  1.500 ms  1.500 ms");
  }

  @Test
  void conclusions_nameTheBestLineAndTheScaling() {
    List<Demo.Line> lines = new ArrayList<>();
    lines.add(line("single", 1, 1, 1000));
    lines.add(line("single", 8, 1, 1500));
    lines.add(line("single", 8, 64, 400));

    String text = DemoText.conclusions(lines, 1.2e-6);

    assertThat(text.lines())
        .containsExactly(
            "Every answer was finite, and callers got the same answers within 1.2e-06.",
            "Most work done: 12,800 rows/s, with strategy single, 8 callers and 64 rows in a"
                + " request.",
            "Strategy single with 8 callers instead of 1: 1.5 times the requests/s (1 row each).");
  }
}
