package io.mpsparallel.bench;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * Cells measured in turn, round after round, so that what changes on the machine meanwhile meets
 * them alike. The order is another one in every round, and the same in every run.
 *
 * @param rounds what each round gave
 */
record Rounds(List<Round> rounds) {
  private static final long SEED = 2026;

  /**
   * Measures.
   *
   * @param cells what
   * @param rounds how often
   * @param time each cell in each round
   * @param pause before each cell, in which threads of the one before it come to rest
   * @param progress hears of each round
   * @return what it gave; the first round, of half the time, is for getting warm and left out
   */
  static Rounds run(
      List<Cell> cells, int rounds, Duration time, Duration pause, PrintWriter progress) {
    List<List<Cell>> alone = cells.stream().map(List::of).toList();
    return runGroups(alone, rounds, time, pause, progress);
  }

  /**
   * As {@link #run}, where cells of a group are measured one right after the other: noise that
   * lasts for less than a round meets those alike as well.
   */
  static Rounds runGroups(
      List<List<Cell>> groups, int rounds, Duration time, Duration pause, PrintWriter progress) {
    Random random = new Random(SEED);
    List<Round> all = new ArrayList<>();
    for (int i = 0; i <= rounds; i++) {
      progress.println(i == 0 ? "warming up ..." : "round " + i + " of " + rounds + " ...");
      List<Cell> order = shuffled(groups, random);
      Round round = measure(order, i == 0 ? time.dividedBy(2) : time, pause);
      if (i > 0) {
        all.add(round);
      }
    }
    return new Rounds(all);
  }

  private static List<Cell> shuffled(List<List<Cell>> groups, Random random) {
    List<List<Cell>> order = new ArrayList<>(groups);
    Collections.shuffle(order, random);
    List<Cell> cells = new ArrayList<>();
    for (List<Cell> group : order) {
      List<Cell> members = new ArrayList<>(group);
      Collections.shuffle(members, random);
      cells.addAll(members);
    }
    return cells;
  }

  private static Round measure(List<Cell> order, Duration time, Duration pause) {
    Map<String, Measured> cells = new HashMap<>();
    for (Cell cell : order) {
      LockSupport.parkNanos(pause.toNanos());
      cells.put(cell.name(), cell.measure().apply(time));
    }
    return new Round(cells);
  }

  /** {@return a figure that is made within each round, such as a ratio} */
  Spread spread(ToDoubleFunction<Round> figure) {
    return Spread.of(rounds.stream().mapToDouble(figure).toArray());
  }

  /** {@return the rate of one cell over that of another in the same round} */
  Spread ratio(String cell, String base) {
    return spread(round -> round.rate(cell) / round.rate(base));
  }

  /** {@return requests per second of a cell} */
  Spread rate(String cell) {
    return spread(round -> round.rate(cell));
  }

  /** {@return a percentile of a cell's latencies, in microseconds} */
  Spread micros(String cell, double percentile) {
    return spread(round -> round.at(cell).micros(percentile));
  }

  /** {@return latencies of a cell in all rounds together} */
  Histogram pooled(String cell, Function<Measured, Histogram> which) {
    Histogram all = Measured.histogram();
    rounds.forEach(round -> all.add(which.apply(round.at(cell))));
    return all;
  }
}
