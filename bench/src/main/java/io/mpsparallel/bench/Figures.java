package io.mpsparallel.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tables that scenarios have in common. Pure functions. */
final class Figures {
  private Figures() {}

  /** {@return rates and latencies of cells} */
  static Table rates(Rounds rounds, List<Cell> cells) {
    Table table = new Table("cell", "requests/s", "min...max", "p50 us", "p99 us");
    for (Cell cell : cells) {
      Spread rate = rounds.rate(cell.name());
      table.row(
          cell.name(),
          Spread.number(rate.median()),
          rate.range(),
          latency(rounds, cell.name(), 50),
          latency(rounds, cell.name(), 99));
    }
    return table;
  }

  private static String latency(Rounds rounds, String cell, double percentile) {
    boolean known = rounds.pooled(cell, Measured::latencies).getTotalCount() > 0;
    return known ? Spread.number(rounds.micros(cell, percentile).median()) : "-";
  }

  /** {@return an empty table of figures with targets} */
  static Table targets() {
    return new Table("figure", "median", "min...max", "target", "met");
  }

  /** Adds a figure to such a table. */
  static void add(Table table, String name, Spread spread, @Nullable Target target) {
    table.row(
        name,
        Spread.number(spread.median()),
        spread.range(),
        target == null ? "-" : target,
        target == null ? "-" : target.verdict(spread.median()));
  }
}
