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
  /** How much slower than the fastest is as good as that. */
  private static final double NEARLY = 0.95;

  /** Simplest first: what is as good as another and simpler is to be preferred. */
  private static final List<String> SIMPLEST = List.of("single", "threads", "batching", "adaptive");

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

  /** {@return the fastest of a number of callers, or what is simpler and as good} */
  BenchCell best(int callers) {
    List<BenchCell> all = with(callers);
    double most = all.stream().mapToDouble(BenchCell::requestsPerSecond).max().orElse(0);
    return all.stream()
        .filter(cell -> cell.requestsPerSecond() >= NEARLY * most)
        .min(
            (one, other) ->
                Integer.compare(complexity(one.strategy()), complexity(other.strategy())))
        .orElseThrow();
  }

  private static int complexity(String strategy) {
    int at = SIMPLEST.indexOf(strategy);
    return at < 0 ? SIMPLEST.size() : at;
  }

  /** {@return the strategy that loses least over all numbers of callers, or one as good} */
  String recommended() {
    double most = strategies().stream().mapToDouble(this::shareOfBest).max().orElse(0);
    return strategies().stream()
        .filter(strategy -> shareOfBest(strategy) >= NEARLY * most)
        .min((one, other) -> Integer.compare(complexity(one), complexity(other)))
        .orElseThrow();
  }

  /** {@return the geometric mean of what a strategy does of the fastest of each load} */
  double shareOfBest(String strategy) {
    double logs =
        of(strategy).stream()
            .mapToDouble(
                cell -> {
                  double most =
                      with(cell.callers()).stream()
                          .mapToDouble(BenchCell::requestsPerSecond)
                          .max()
                          .orElseThrow();
                  return Math.log(Math.max(1e-9, cell.requestsPerSecond() / Math.max(1e-9, most)));
                })
            .average()
            .orElseThrow();
    return Math.exp(logs);
  }

  /** {@return what to do, in plain words: one sentence for each load, and one for all} */
  List<String> advice() {
    List<String> said = new java.util.ArrayList<>();
    for (int callers : callers()) {
      BenchCell best = best(callers);
      String load =
          callers == 0
              ? "At that rate"
              : "With " + callers + (callers == 1 ? " caller" : " callers");
      said.add(
          String.format(
              java.util.Locale.ROOT,
              "%s, %s: %s requests a second, half of them within %s us.",
              load,
              best.strategy(),
              Numbers.rate(best.requestsPerSecond()),
              Numbers.rate(best.p50Micros())));
    }
    String choice = recommended();
    said.add(
        String.format(
            java.util.Locale.ROOT,
            "Over all loads, %s: it does %.2f of the fastest of each.",
            choice,
            shareOfBest(choice)));
    return said;
  }

  /** {@return the settings to paste} */
  String hocon() {
    return "mps-parallel.strategy = " + recommended();
  }

  /** {@return a JSON object; keys are only ever added} */
  String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", model);
    json.put("machine", facts);
    json.put("recommended", recommended());
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
