package io.mpsparallel.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * A figure that is made within a round, and what it is to reach.
 *
 * @param name what the table calls it
 * @param cells what must have been measured
 * @param value the figure of one round
 * @param target what it is to reach; null if it only informs
 */
record CudaFigure(
    String name, List<String> cells, ToDoubleFunction<Round> value, @Nullable Target target) {

  /** {@return the rate of a cell over that of another} */
  static CudaFigure ratio(String cell, String base, @Nullable Target target) {
    return new CudaFigure(
        cell + " / " + base,
        List.of(cell, base),
        round -> round.rate(cell) / round.rate(base),
        target);
  }

  /** {@return the rate of a cell over a number} */
  static CudaFigure over(String cell, String base, double rate, @Nullable Target target) {
    return new CudaFigure(
        cell + " / " + base, List.of(cell), round -> round.rate(cell) / rate, target);
  }

  /** {@return the rate itself} */
  static CudaFigure rate(String cell, String unit, @Nullable Target target) {
    return new CudaFigure(cell + ", " + unit, List.of(cell), round -> round.rate(cell), target);
  }

  /** {@return how much of so many times the rate of one lane so many lanes reach} */
  static CudaFigure efficiency(String cell, String one, int lanes, @Nullable Target target) {
    return new CudaFigure(
        "efficiency: " + cell + " / (" + lanes + " x " + one + ")",
        List.of(cell, one),
        round -> round.rate(cell) / (lanes * round.rate(one)),
        target);
  }

  /** {@return rows per second of calls of so many rows over those of calls of one row} */
  static CudaFigure rows(String many, int rows, String one, @Nullable Target target) {
    return new CudaFigure(
        "rows/s: " + many + " / " + one,
        List.of(many, one),
        round -> rows * round.rate(many) / round.rate(one),
        target);
  }

  /** {@return by how many microseconds the median call of a cell is longer than another's} */
  static CudaFigure above(String cell, String base, @Nullable Target target) {
    return new CudaFigure(
        "p50 us: " + cell + " - " + base,
        List.of(cell, base),
        round -> round.at(cell).micros(50) - round.at(base).micros(50),
        target);
  }

  /** Adds it, for a model, to a table of {@link Figures#targets}, if all of it was measured. */
  void addTo(Table table, String model, Rounds rounds) {
    if (rounds.rounds().stream().allMatch(round -> round.cells().keySet().containsAll(cells))) {
      Figures.add(table, model + ": " + name, rounds.spread(value), target);
    }
  }
}
