package io.mpsparallel.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * Which strategy to use, and why, in plain words. Whoever had requests that failed or were rejected
 * comes after all who had none. In a closed loop the fastest is best; in an open loop, of those
 * that kept up with the rate, the one whose slowest answers are quickest. What is simpler and as
 * good is preferred. Immutable, any thread.
 *
 * @param results what was measured
 */
record BenchAdvice(BenchResults results) {
  /** How much slower than the fastest is as good as that. */
  private static final double NEARLY = 0.95;

  /** Simplest first: what is as good as another and simpler is to be preferred. */
  private static final List<String> SIMPLEST = List.of("single", "threads", "batching", "adaptive");

  // ---- what is best ----

  /**
   * {@return the best with a number of callers, 0 for the open loop, or what is simpler and as
   * good}
   */
  BenchCell best(int callers) {
    List<BenchCell> all = sound(results.with(callers));
    return callers == 0 ? quickest(keepingUp(all)) : fastest(all);
  }

  /** Those without failures; if there are none, those with the fewest. */
  private static List<BenchCell> sound(List<BenchCell> cells) {
    long fewest = cells.stream().mapToLong(BenchCell::failed).min().orElseThrow();
    return only(cells, cell -> cell.failed() == fewest);
  }

  /** Those that kept up with the rate; if there are none, all. */
  private static List<BenchCell> keepingUp(List<BenchCell> cells) {
    List<BenchCell> found = only(cells, BenchCell::keptUp);
    return found.isEmpty() ? cells : found;
  }

  private static BenchCell fastest(List<BenchCell> cells) {
    double most = most(cells);
    return simplest(only(cells, cell -> cell.requestsPerSecond() >= NEARLY * most));
  }

  private static BenchCell quickest(List<BenchCell> cells) {
    double least = cells.stream().mapToDouble(BenchCell::p99Micros).min().orElseThrow();
    return simplest(only(cells, cell -> NEARLY * cell.p99Micros() <= least));
  }

  private static List<BenchCell> only(List<BenchCell> cells, Predicate<BenchCell> which) {
    return cells.stream().filter(which).toList();
  }

  private static double most(List<BenchCell> cells) {
    return cells.stream().mapToDouble(BenchCell::requestsPerSecond).max().orElseThrow();
  }

  private static BenchCell simplest(List<BenchCell> cells) {
    return cells.stream()
        .min((one, other) -> Integer.compare(complexity(one), complexity(other)))
        .orElseThrow();
  }

  private static int complexity(BenchCell cell) {
    return complexity(cell.strategy());
  }

  private static int complexity(String strategy) {
    int at = SIMPLEST.indexOf(strategy);
    return at < 0 ? SIMPLEST.size() : at;
  }

  /** {@return the strategy that loses least over all loads, or one as good} */
  String recommended() {
    if (isOpen()) {
      return best(0).strategy();
    }
    List<String> pool = soundStrategies();
    double most = pool.stream().mapToDouble(this::shareOfBest).max().orElseThrow();
    return pool.stream()
        .filter(strategy -> shareOfBest(strategy) >= NEARLY * most)
        .min((one, other) -> Integer.compare(complexity(one), complexity(other)))
        .orElseThrow();
  }

  private boolean isOpen() {
    return results.callers().equals(List.of(0));
  }

  /** Those that had failures under no load; if there are none, under the fewest. */
  private List<String> soundStrategies() {
    long fewest = results.strategies().stream().mapToLong(this::badLoads).min().orElseThrow();
    return results.strategies().stream().filter(name -> badLoads(name) == fewest).toList();
  }

  private long badLoads(String strategy) {
    return results.of(strategy).stream().filter(cell -> cell.failed() > 0).count();
  }

  /** {@return the geometric mean of what a strategy does of the fastest of each load} */
  double shareOfBest(String strategy) {
    double logs =
        results.of(strategy).stream()
            .mapToDouble(cell -> Math.log(share(cell)))
            .average()
            .orElse(0);
    return Math.exp(logs);
  }

  private double share(BenchCell cell) {
    double most = most(sound(results.with(cell.callers())));
    return Math.max(1e-9, cell.requestsPerSecond() / Math.max(1e-9, most));
  }

  // ---- in words ----

  /** {@return what to do: a sentence for each load, one for all, and what is wrong with others} */
  List<String> lines() {
    List<String> said = new ArrayList<>();
    for (int callers : results.callers()) {
      said.add(callers == 0 ? open(best(0)) : closed(best(callers)));
    }
    if (!isOpen()) {
      String choice = recommended();
      said.add(
          format(
              "Over all loads, %s: it does %.2f of the fastest of each.",
              choice, shareOfBest(choice)));
    }
    if (badCells().size() == results.cells().size()) {
      said.add("No strategy was without failures: what is named here had the fewest.");
    }
    badCells().forEach(cell -> said.add(failures(cell)));
    results.cells().stream().filter(cell -> !cell.keptUp()).forEach(cell -> said.add(slow(cell)));
    return said;
  }

  private static String closed(BenchCell cell) {
    return format(
        "%s, %s: %s requests a second, half of them within %s us.",
        load(cell),
        cell.strategy(),
        Numbers.rate(cell.requestsPerSecond()),
        Numbers.rate(cell.p50Micros()));
  }

  private static String open(BenchCell cell) {
    return format(
        "%s, %s: 99 of 100 requests were answered within %s us, half of them within %s us; %s.",
        load(cell),
        cell.strategy(),
        Numbers.rate(cell.p99Micros()),
        Numbers.rate(cell.p50Micros()),
        cell.keptUp()
            ? "the quickest of those that kept up, or as good"
            : "none without failures kept up, so it holds only for as long as was measured");
  }

  private static String load(BenchCell cell) {
    BenchCell.Open open = cell.open();
    if (open != null) {
      return "At " + Numbers.rate(open.rate()) + " requests a second";
    }
    return "With " + cell.callers() + (cell.callers() == 1 ? " caller" : " callers");
  }

  private List<BenchCell> badCells() {
    return only(results.cells(), cell -> cell.failed() > 0);
  }

  private static String failures(BenchCell cell) {
    return format(
        "%s, %s had requests without an answer, which puts it behind all that had none: %d failed,"
            + " %d were rejected.",
        load(cell), cell.strategy(), cell.errors(), cell.rejected());
  }

  private static String slow(BenchCell cell) {
    BenchCell.Open open = cell.open();
    return format(
        "%s, %s did not keep up: %.0f %% of the requests had no answer yet when the last had been"
            + " sent, and %s a second were answered in the end.",
        load(cell),
        cell.strategy(),
        open == null ? 0 : 100 * open.behind(),
        Numbers.rate(cell.requestsPerSecond()));
  }

  private static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }

  /** {@return the settings to paste} */
  String hocon() {
    return "mps-parallel.strategy = " + recommended();
  }
}
