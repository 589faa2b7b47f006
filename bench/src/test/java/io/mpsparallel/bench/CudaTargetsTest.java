package io.mpsparallel.bench;

import static io.mpsparallel.bench.CudaCells.EAGER;
import static io.mpsparallel.bench.CudaCells.GRAPH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

final class CudaTargetsTest {
  private final Map<String, Measured> cells = new HashMap<>();

  private void measured(String cell, int rate, long micros) {
    Histogram latencies = Measured.histogram();
    latencies.recordValue(micros * 1000);
    cells.put(cell, new Measured(rate, Duration.ofSeconds(1), latencies, latencies));
  }

  private void measured(String cell, int rate) {
    measured(cell, rate, 1);
  }

  private List<String> table(List<CudaFigure> figures) {
    Table table = Figures.targets();
    Rounds rounds = new Rounds(List.of(new Round(cells)));
    figures.forEach(figure -> figure.addTo(table, "M", rounds));
    return table.render().lines().skip(2).map(CudaTargetsTest::withoutModel).toList();
  }

  private static String withoutModel(String line) {
    assertThat(line).startsWith("| M: ");
    return line.replaceAll(" +", " ").replaceFirst("M: ", "");
  }

  @Test
  void figures_whoseCellsAreMissing_areLeftOut() {
    measured(CudaCells.raw(GRAPH, 16), 100);

    assertThat(table(CudaTargets.ofBlocked(CudaCase.MLP, Optional.empty()))).isEmpty();
  }

  @Test
  void rawLoopAndPython_areDividedBy() {
    measured(CudaCells.raw(GRAPH, 16), 200_000);
    measured(CudaCells.threads(GRAPH, 16), 180_000);
    PythonCell python = new PythonCell("mlp", "in flight", 8, 60_000, 1, 1);

    assertThat(table(CudaTargets.ofBlocked(CudaCase.MLP, Optional.of(python))))
        .containsExactly(
            "| threads graph x 16 / raw graph x 16 | 0.900 | 0.900...0.900 | >= 0.850 | yes |",
            "| threads graph x 16 / best Python: in flight x 8 | 3.000 | 3.000...3.000"
                + " | >= 2.800 | yes |");
    assertThat(table(CudaTargets.ofBlocked(CudaCase.MOBILENET, Optional.of(python))))
        .last()
        .asString()
        .endsWith("| 3.000...3.000 | - | - |");
  }

  @Test
  void oneCaller_isComparedByItsMedian() {
    measured(CudaCells.raw(GRAPH, 1), 1, 26);
    measured(CudaCells.threads(GRAPH, 1), 1, 37);

    assertThat(table(CudaTargets.ofBlocked(CudaCase.MLP, Optional.empty())))
        .singleElement()
        .asString()
        .startsWith("| p50 us: threads graph x 1 - raw graph x 1 |")
        .endsWith("| <= 10.0 | NO |");
  }

  @Test
  void efficiency_isOverSoManyTimesOneLane() {
    measured(CudaCells.threads(EAGER, 1), 1000);
    measured(CudaCells.threads(EAGER, 8), 4000);

    assertThat(table(CudaTargets.ofBlocked(CudaCase.BERT, Optional.empty())))
        .containsExactly(
            "| efficiency: threads eager x 8 / (8 x threads eager x 1) | 0.500 | 0.500...0.500"
                + " | >= 0.310 | yes |");
  }

  @Test
  void rows_countManyTimes_andFourLanesOf256() {
    measured(CudaCells.threads(GRAPH, 1), 40_000);
    measured(CudaCells.rows(GRAPH, 1, 64), 10_000);
    measured(CudaCells.rows(GRAPH, 1, 256), 5000);
    measured(CudaCells.rows(GRAPH, 4, 256), 15_000);

    assertThat(table(CudaTargets.ofBlocked(CudaCase.MLP, Optional.empty())))
        .containsExactly(
            "| rows/s: threads graph x 1, 64 rows / threads graph x 1 | 16.0 | 16.0...16.0"
                + " | >= 14.0 | yes |",
            "| efficiency: threads graph x 4, 256 rows / (4 x threads graph x 1, 256 rows)"
                + " | 0.750 | 0.750...0.750 | >= 0.600 | yes |");
  }

  @Test
  void inFlight_hasATargetForEachModel() {
    List.of(16, 32, 64).forEach(n -> measured(CudaCells.inFlight(8, n), n == 64 ? 120 : 100));

    assertThat(table(CudaTargets.ofInFlight(CudaCase.MLP))).hasSize(2).allMatch(met(">= 0.970"));
    assertThat(table(CudaTargets.ofInFlight(CudaCase.BERT)))
        .hasSize(2)
        .last()
        .asString()
        .endsWith("| 1.200 | 1.200...1.200 | >= 1.150 | yes |");
    assertThat(table(CudaTargets.ofInFlight(CudaCase.MOBILENET)))
        .last()
        .asString()
        .endsWith(">= 1.250 | NO |");
  }

  private static java.util.function.Predicate<String> met(String target) {
    return line -> line.endsWith("| " + target + " | yes |");
  }

  @Test
  void batching_isJudgedByRowsAndByWhatItGains() {
    measured(CudaCells.batching(GRAPH, 256), 80_000);
    measured(CudaCells.unbatched(GRAPH), 20_000);

    assertThat(table(CudaTargets.ofBatching(CudaCase.BERT)))
        .containsExactly(
            "| batching graph, max 256 rows, rows/s | 80000 | 80000...80000 | >= 70000 | yes |",
            "| batching graph, max 256 rows / unbatched graph | 4.000 | 4.000...4.000"
                + " | >= 2.500 | yes |");
    assertThat(table(CudaTargets.ofBatching(CudaCase.MLP)))
        .first()
        .asString()
        .endsWith("| >= 1000000 | NO |");
  }

  @Test
  void sizes_areRisingPowersOfTwo() {
    assertThat(CudaThreads.sizes(8)).isEqualTo("[1, 2, 4, 8]");
  }

  @Test
  void parts_areChosenByName_allIfNoneIsNamed() {
    assertThat(CudaPart.of(List.of())).hasSize(8);
    assertThat(CudaPart.of(List.of("raw", "inflight")))
        .containsExactly(CudaPart.RAW, CudaPart.INFLIGHT);
    assertThatThrownBy(() -> CudaPart.of(List.of("row")))
        .hasMessage(
            "part: 'row' (expected: some of [raw, threads, inflight, batching, rows, sizes, gpus,"
                + " shares])");
  }
}
