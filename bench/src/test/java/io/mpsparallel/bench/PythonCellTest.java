package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PythonCellTest {
  private static final List<String> LINES =
      """
      some library warns: {of something}
      {"torch": "2.11.0+cu130", "cuda": "13.0", "python": "3.12.3", "gpu": "NVIDIA H200"}
      {"model": "mlp", "variant": "own streams", "threads": 4, "per_second": 21073.0, "p50_us": 180.5, "p99_us": 300.0}
      {"model": "mlp", "variant": "graph per thread", "threads": 8, "per_second": 54459.0, "p50_us": 140.25, "p99_us": 310.0}
      {"model": "mlp", "variant": "processes", "threads": 2, "error": "RuntimeError: no memory"}
      {"variant": "processes", "threads": 4, "error": "no time is left"}
      {"model": "bert_tiny", "variant": "own streams", "threads": 8, "per_second": 99999.0, "p50_us": 1, "p99_us": 2}

      """
          .lines()
          .toList();

  @Test
  void cells_areTheLinesWithARate() {
    List<PythonCell> cells = PythonCell.parse(LINES);

    assertThat(cells).hasSize(3);
    assertThat(cells.get(1))
        .isEqualTo(new PythonCell("mlp", "graph per thread", 8, 54_459, 140.25, 310));
  }

  @Test
  void best_hasTheHighestRate() {
    List<PythonCell> cells = PythonCell.parse(LINES);

    assertThat(PythonCell.best(cells)).contains(cells.get(2));
    assertThat(PythonCell.best(cells.subList(0, 2))).contains(cells.get(1));
    assertThat(PythonCell.best(List.of())).isEmpty();
  }

  @Test
  void row_isOneOfRates() {
    Table table = new Table("cell", "requests/s", "min...max", "p50 us", "p99 us");
    PythonCell.parse(LINES).get(0).addTo(table);

    assertThat(table.render().replaceAll(" +", " "))
        .contains("| Python own streams x 4 | 21073 | - | 180.5 | 300.0 |");
  }

  @Test
  void noFile_noCells_aMissingOneIsSaid() {
    assertThat(PythonCell.read(null)).isEmpty();
    assertThatThrownBy(() -> PythonCell.read(Path.of("no-such-file")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("no-such-file");
  }
}
