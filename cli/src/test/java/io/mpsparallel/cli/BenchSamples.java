package io.mpsparallel.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Results that nobody measured. */
final class BenchSamples {
  private BenchSamples() {}

  /** A closed loop. */
  static BenchCell cell(String strategy, int callers, double perSecond) {
    return failing(strategy, callers, perSecond, 0, 0);
  }

  /** A closed loop with failures. */
  static BenchCell failing(
      String strategy, int callers, double perSecond, long errors, long rejected) {
    double mean = 1.2e6 / perSecond;
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
        strategy.equals("batching") ? Math.max(1, callers / 2.0) : 1,
        errors,
        rejected,
        new BenchCell.Spent(mean, 0, mean / 4, 0.5),
        null);
  }

  /** An open loop at 1,000 requests a second. */
  static BenchCell open(
      String strategy, double perSecond, double p99Micros, double behind, long rejected) {
    return new BenchCell(
        strategy,
        0,
        "open",
        1,
        perSecond,
        perSecond,
        perSecond,
        p99Micros / 4,
        p99Micros,
        p99Micros * 2,
        1,
        0,
        rejected,
        new BenchCell.Spent(p99Micros / 2, p99Micros / 100, p99Micros / 5, 0.7),
        new BenchCell.Open(1000, behind));
  }

  static BenchResults results(BenchCell... cells) {
    return new BenchResults("my <model> & co.pt", Map.of("jdk", "17 \"quoted\""), List.of(cells));
  }

  /** Two strategies with two loads. */
  static BenchResults two() {
    return results(
        cell("threads", 1, 1000),
        cell("batching", 1, 1010),
        cell("threads", 64, 2000),
        cell("batching", 64, 9000));
  }

  /** So many strategies, the first of which are those that there are, with so many loads. */
  static BenchResults many(int strategies, int... callers) {
    List<String> known = List.of("threads", "batching", "adaptive", "processes", "single");
    List<BenchCell> cells = new ArrayList<>();
    for (int load : callers) {
      for (int i = 0; i < strategies; i++) {
        String name = i < known.size() ? known.get(i) : "a-strategy-of-ones-own-" + i;
        double most = 900 * Math.min(load, 3 + 7 * i);
        cells.add(load == 0 ? open(name, 1000, 700 + 80 * i, 0, 0) : cell(name, load, most));
      }
    }
    return results(cells.toArray(BenchCell[]::new));
  }
}
