package io.mpsparallel.bench;

import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The strategy that chooses, beside those that it chooses from, each of them all the time. */
final class AdaptiveRegret implements Scenario {
  private static final List<Integer> ROWS = List.of(1, 8, 64);
  private static final List<Integer> CALLERS = List.of(1, 4, 16, 64);
  private static final int MOST_ROWS = 512; // in flight
  private static final Duration LEARNING = Duration.ofSeconds(5);
  private static final String ADAPTIVE = "adaptive";
  private static final List<String> FIXED = List.of("threads", "batching");

  @Override
  public String name() {
    return "adaptive-regret";
  }

  @Override
  public String purpose() {
    return "adaptive beside threads and batching: models x rows x callers";
  }

  @Override
  public int rounds() {
    return 5;
  }

  @Override
  public double seconds() {
    return 0.5;
  }

  @Override
  public void run(ScenarioRun run) {
    Map<String, Path> models = new LinkedHashMap<>();
    models.put("identity", run.identity());
    models.put("MLP", run.mlp());
    Table table =
        new Table("model", "rows", "callers", "threads/s", "batching/s", "adaptive/s", "of best");
    List<Double> shares = new ArrayList<>();
    models.forEach((name, file) -> measure(run, name, file, table, shares));
    run.report().section("Requests per second, medians; callers are requests in flight", table);
    run.report().section("Of the best fixed strategy of each cell", targets(shares));
  }

  private static void measure(
      ScenarioRun run, String name, Path file, Table table, List<Double> shares) {
    Map<String, Rig> rigs = new LinkedHashMap<>();
    FIXED.forEach(id -> rigs.put(id, run.rig(file, "strategy=" + id)));
    rigs.put(ADAPTIVE, run.rig(file, "strategy=" + ADAPTIVE));
    for (int rows : ROWS) {
      Tensor input = run.input(rows, 1);
      for (int callers : CALLERS) {
        if (rows * callers <= MOST_ROWS) {
          Job learning = Job.of(rigs.get(ADAPTIVE).model(), input);
          AsyncLoop.run(learning, callers, Limit.time(LEARNING), Ticker.SYSTEM);
          shares.add(row(run, name, rows, callers, rounds(run, rigs, input, callers), table));
        }
      }
    }
    run.progress(name + ": " + rigs.get(ADAPTIVE).executor().decisions());
  }

  private static Rounds rounds(ScenarioRun run, Map<String, Rig> rigs, Tensor input, int callers) {
    List<Cell> cells = new ArrayList<>();
    rigs.forEach((id, rig) -> cells.add(Cell.async(id, Job.of(rig.model(), input), callers)));
    return run.rounds(cells);
  }

  private static double row(
      ScenarioRun run, String name, int rows, int callers, Rounds rounds, Table table) {
    double best = FIXED.stream().mapToDouble(id -> rounds.rate(id).median()).max().orElseThrow();
    double share = rounds.rate(ADAPTIVE).median() / best;
    table.row(
        name,
        rows,
        callers,
        Spread.number(rounds.rate(FIXED.get(0)).median()),
        Spread.number(rounds.rate(FIXED.get(1)).median()),
        Spread.number(rounds.rate(ADAPTIVE).median()),
        Spread.number(share));
    run.progress(name + ", " + rows + " rows, " + callers + " callers: " + share);
    return share;
  }

  private static Table targets(List<Double> shares) {
    double mean = Math.exp(shares.stream().mapToDouble(Math::log).average().orElseThrow());
    double least = shares.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    Table table = Figures.targets();
    Figures.add(table, "geometric mean of all cells", Spread.of(mean), Target.atLeast(0.97));
    Figures.add(table, "the worst cell", Spread.of(least), Target.atLeast(0.9));
    return table;
  }
}
