package io.mpsparallel.bench;

import io.mpsparallel.policy.Decision;
import io.mpsparallel.policy.Reason;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The strategy that chooses, beside those that it chooses from, each of them all the time. */
final class AdaptiveRegret implements Scenario {
  private static final List<Integer> ROWS = List.of(1, 8, 64);
  private static final List<Integer> CALLERS = List.of(1, 4, 16, 64);
  private static final int MOST_ROWS = 512; // in flight
  private static final Duration LEARNING = Duration.ofSeconds(3); // and again until settled
  private static final int MOST_LEARNING = 20; // times
  private static final double MOST_MICROS = 5; // above the best
  private static final double MOST_PART = 0.02;
  private static final Pattern NUMBER = Pattern.compile("\\d+"); // of rows
  private static final Pattern MODEL = Pattern.compile("\\D.*");
  private static final String ADAPTIVE = "adaptive";
  private static final List<String> FIXED = List.of("threads", "batching");

  @Override
  public String name() {
    return "adaptive-regret";
  }

  @Override
  public String purpose() {
    return "adaptive beside threads and batching: models x rows x callers (--only 1,8,MLP: some)";
  }

  @Override
  public int rounds() {
    return 5;
  }

  @Override
  public double seconds() {
    return 0.25;
  }

  @Override
  public void run(ScenarioRun run) {
    List<ModelCase> models =
        ModelCase.all(run).stream().filter(model -> isWanted(run, MODEL, model.name())).toList();
    Table table =
        new Table("model", "rows", "callers", "threads/s", "batching/s", "adaptive/s", "of best");
    Table waits = new Table("model", "rows", "best us", "adaptive us", "above", "target us", "met");
    List<Double> shares = new ArrayList<>();
    models.forEach(model -> measure(run, model, table, waits, shares));
    run.report().section("Requests per second, medians; callers are requests in flight", table);
    run.report().section("Median time of a lone caller's request", waits);
    run.report().section("Of the best fixed strategy of each cell", targets(shares));
    if (run.options().models() == null) {
      run.report().say("Without mobilenet and bert: --models names no folder.");
    }
  }

  private static void measure(
      ScenarioRun run, ModelCase model, Table table, Table waits, List<Double> shares) {
    String name = model.name();
    Path file = model.file();
    Map<String, Rig> rigs = new LinkedHashMap<>();
    FIXED.forEach(id -> rigs.put(id, run.rig(file, "strategy=" + id)));
    rigs.put(ADAPTIVE, run.rig(file, "strategy=" + ADAPTIVE));
    rigs.values().forEach(rig -> rig.model().whenReady().join());
    for (int rows : wantedRows(run)) {
      Tensor input = model.input().apply(rows);
      for (int callers : CALLERS) {
        if (rows * callers <= MOST_ROWS) {
          learn(rigs.get(ADAPTIVE), input, callers);
          Rounds rounds = rounds(run, rigs, input, callers);
          shares.add(row(run, name, rows, callers, rounds, table));
          if (callers == 1) {
            wait(name, rows, rounds, waits);
          }
        }
      }
    }
    run.progress(name + ": " + rigs.get(ADAPTIVE).executor().decisions());
  }

  /** Until nothing is prepared, and nothing was decided for a while. */
  private static void learn(Rig rig, Tensor input, int callers) {
    Job job = Job.of(rig.model(), input);
    List<Decision> before;
    List<Decision> after = rig.executor().decisions();
    int times = 0;
    do {
      before = after;
      AsyncLoop.run(job, callers, Limit.time(LEARNING), Ticker.SYSTEM);
      after = rig.executor().decisions();
      times++;
    } while (times < MOST_LEARNING && (!after.equals(before) || isPreparing(after)));
  }

  private static boolean isPreparing(List<Decision> decisions) {
    return !decisions.isEmpty() && decisions.get(decisions.size() - 1).reason() == Reason.PREPARING;
  }

  private static List<Integer> wantedRows(ScenarioRun run) {
    return ROWS.stream().filter(rows -> isWanted(run, NUMBER, String.valueOf(rows))).toList();
  }

  /** Whether something of a kind is to be measured: everything, if nothing of its kind is named. */
  private static boolean isWanted(ScenarioRun run, Pattern kind, String what) {
    List<String> named = run.options().only().stream().filter(kind.asMatchPredicate()).toList();
    return named.isEmpty() || named.contains(what);
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

  private static void wait(String name, int rows, Rounds rounds, Table waits) {
    double best =
        FIXED.stream().mapToDouble(id -> rounds.micros(id, 50).median()).min().orElseThrow();
    double own = rounds.micros(ADAPTIVE, 50).median();
    double most = Math.max(MOST_MICROS, MOST_PART * best);
    waits.row(
        name,
        rows,
        Spread.number(best),
        Spread.number(own),
        Spread.number(own - best),
        Target.atMost(most),
        Target.atMost(most).verdict(own - best));
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
