package io.mpsparallel.bench;

import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Tiny and large requests at once: each kind can have a strategy of its own. */
final class AdaptiveMixed implements Scenario {
  private static final int TINY_ROWS = 1;
  private static final int TINY_IN_FLIGHT = 32;
  private static final int LARGE_ROWS = 64;
  private static final int LARGE_IN_FLIGHT = 4;
  private static final Duration LEARNING = Duration.ofSeconds(10);
  private static final String ADAPTIVE = "adaptive";
  private static final List<String> FIXED = List.of("threads", "batching");

  /** What the large ones gave, round after round, the one for getting warm included. */
  private final Map<String, List<Measured>> large = new LinkedHashMap<>();

  @Override
  public String name() {
    return "adaptive-mixed";
  }

  @Override
  public String purpose() {
    return "tiny and large requests at once, with adaptive and with each fixed strategy";
  }

  @Override
  public int rounds() {
    return 5;
  }

  @Override
  public double seconds() {
    return 1;
  }

  @Override
  public void run(ScenarioRun run) {
    Tensor tiny = run.input(TINY_ROWS, 1);
    Tensor many = run.input(LARGE_ROWS, 2);
    List<Cell> cells = new ArrayList<>();
    for (String id : List.of(FIXED.get(0), FIXED.get(1), ADAPTIVE)) {
      Rig rig = run.rig(run.mlp(), "strategy=" + id);
      Job small = Job.of(rig.model(), tiny);
      Job big = Job.of(rig.model(), many);
      if (id.equals(ADAPTIVE)) {
        both(id, small, big, LEARNING);
      }
      cells.add(new Cell(id, time -> both(id, small, big, time)));
    }
    large.clear();
    Rounds rounds = run.rounds(cells);
    run.report().section("One row x 32 in flight beside 64 rows x 4 in flight", table(rounds));
    run.report().section("Beside the best fixed strategy", targets(rounds));
  }

  /** Gives what the tiny ones gave. */
  private Measured both(String id, Job small, Job big, Duration time) {
    CompletableFuture<Measured> other =
        CompletableFuture.supplyAsync(
            () -> AsyncLoop.run(big, LARGE_IN_FLIGHT, Limit.time(time), Ticker.SYSTEM));
    Measured tiny = AsyncLoop.run(small, TINY_IN_FLIGHT, Limit.time(time), Ticker.SYSTEM);
    large.computeIfAbsent(id, first -> new ArrayList<>()).add(other.join());
    return tiny;
  }

  private Spread rows(Rounds rounds, String id) {
    List<Measured> others = large.getOrDefault(id, List.of());
    double[] rates = new double[rounds.rounds().size()];
    for (int i = 0; i < rates.length; i++) {
      double tiny = rounds.rounds().get(i).rate(id) * TINY_ROWS;
      rates[i] = tiny + others.get(i + 1).perSecond() * LARGE_ROWS; // without the warm-up
    }
    return Spread.of(rates);
  }

  private Table table(Rounds rounds) {
    Table table = new Table("strategy", "rows/s", "of rounds", "tiny p50 us", "tiny p99 us");
    for (String id : List.of(FIXED.get(0), FIXED.get(1), ADAPTIVE)) {
      Spread rows = rows(rounds, id);
      table.row(
          id,
          Spread.number(rows.median()),
          rows.range(),
          Spread.number(rounds.micros(id, 50).median()),
          Spread.number(rounds.micros(id, 99).median()));
    }
    return table;
  }

  private Table targets(Rounds rounds) {
    String best = FIXED.get(0);
    for (String id : FIXED) {
      best = rows(rounds, id).median() > rows(rounds, best).median() ? id : best;
    }
    double share = rows(rounds, ADAPTIVE).median() / rows(rounds, best).median();
    double wait = rounds.micros(ADAPTIVE, 99).median() / rounds.micros(best, 99).median();
    Table table = Figures.targets();
    Figures.add(table, "rows/s of " + best, Spread.of(share), Target.atLeast(0.98));
    Figures.add(table, "p99 of tiny of " + best, Spread.of(wait), Target.atMost(0.5));
    return table;
  }
}
