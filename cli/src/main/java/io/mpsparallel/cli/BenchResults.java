package io.mpsparallel.cli;

import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that a comparison of strategies found. Immutable, any thread.
 *
 * @param model the model's file name
 * @param facts the machine, the JDK, the libraries and the settings
 * @param cells strategy by strategy for each number of callers
 */
record BenchResults(String model, Map<String, String> facts, List<BenchCell> cells) {
  // Copies the collections.
  BenchResults {
    facts = new LinkedHashMap<>(facts);
    cells = List.copyOf(cells);
  }

  List<String> strategies() {
    return cells.stream().map(BenchCell::strategy).distinct().toList();
  }

  /** {@return the numbers of callers, in the order in which they were measured} */
  List<Integer> callers() {
    return cells.stream().map(BenchCell::callers).distinct().toList();
  }

  List<BenchCell> with(int callers) {
    return cells.stream().filter(cell -> cell.callers() == callers).toList();
  }

  List<BenchCell> of(String strategy) {
    return cells.stream().filter(cell -> cell.strategy().equals(strategy)).toList();
  }

  /** {@return a JSON object; keys are only ever added} */
  String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", model);
    json.put("machine", facts);
    json.put("recommended", new BenchAdvice(this).recommended());
    json.put("cells", cells.stream().map(BenchCell::json).toList());
    return ConfigValueFactory.fromMap(json)
        .render(ConfigRenderOptions.concise().setFormatted(true));
  }

  /** {@return the table for a terminal} */
  String table() {
    TextTable table =
        new TextTable(
            "callers",
            "strategy",
            "requests/s",
            "rows/s",
            "p50 us",
            "p99 us",
            "batch rows",
            "failed");
    for (BenchCell cell : cells) {
      table.row(
          cell.callers() == 0 ? "open" : cell.callers(),
          cell.strategy(),
          Numbers.rate(cell.requestsPerSecond()),
          Numbers.rate(cell.rowsPerSecond()),
          Numbers.rate(cell.p50Micros()),
          Numbers.rate(cell.p99Micros()),
          Numbers.rate(cell.meanBatchRows()),
          cell.errors() + cell.rejected());
    }
    return table.render();
  }
}
