package io.mpsparallel.bench;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.mps.HandWritten;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * A handful of ratios beside those of a committed file, so that a change that makes something much
 * slower is seen at once. Ratios and not times: what makes the machine slow meets both sides of
 * each. One that falls short is measured once more, and counts if it does so again.
 */
final class Quick implements Scenario {
  private static final Duration LEARNING = Duration.ofSeconds(5);
  private static final Duration SETTLING = Duration.ofMillis(300);
  private static final int ROWS = 32;
  private static final String ONE = "MLP, 1 lane, async 8";
  private static final String TWO = "MLP, 2 lanes, async 8";
  private static final String APART = "MLP, 2 lanes, async 64";
  private static final String BATCHES = "MLP, batching, async 64";
  private static final String FIXED = "MLP, batching, async 16";
  private static final String ADAPTIVE = "MLP, adaptive, async 16";
  private static final String LANE_ROWS = "MLP, 32 rows, 1 lane, async 2";
  private static final String WORKER_ROWS = "MLP, 32 rows, 1 worker, async 2";
  private static final String RAW = "identity, raw forward";
  private static final String INFER = "identity, infer";
  private static final String LANE = "identity, 1 lane, async 8";

  private static final List<Ratio> RATIOS =
      List.of(
          new Ratio("lanes", 2, TWO, ONE),
          new Ratio("batching", 3, BATCHES, APART),
          new Ratio("processes", 1, WORKER_ROWS, LANE_ROWS),
          new Ratio("adaptive", 1, ADAPTIVE, FIXED),
          new Ratio("infer", 1.2, INFER, RAW),
          new Ratio("submit", 1.2, LANE, RAW));

  private final Path file;

  /**
   * @param results the folder with the file of expectations
   */
  Quick(Path results) {
    file = results.resolve("quick.properties");
  }

  /** {@return the names of the ratios} */
  static Set<String> names() {
    return RATIOS.stream().map(Ratio::name).collect(Collectors.toCollection(TreeSet::new));
  }

  @Override
  public String name() {
    return "quick";
  }

  @Override
  public String purpose() {
    return "ratios of each strategy beside those of results/quick.properties, in 2 minutes";
  }

  @Override
  public int rounds() {
    return 24;
  }

  @Override
  public double seconds() {
    return 0.12;
  }

  @Override
  public void run(ScenarioRun run) {
    List<List<Cell>> groups = new ArrayList<>(network(run));
    groups.add(identity(run));
    Rounds rounds = run.groups(groups);
    List<Cell> cells = groups.stream().flatMap(List::stream).toList();
    run.report().section("Rates and latencies", Figures.rates(rounds, cells));
    if (run.options().write()) {
      write(run, rounds);
    } else {
      compare(run, groups, rounds);
    }
  }

  // ---- what is measured ----

  private static List<List<Cell>> network(ScenarioRun run) {
    Tensor row = run.input(1, 1);
    Job one = Job.of(mlp(run, "strategy=threads", "lanes.count=1"), row);
    Job two = Job.of(mlp(run, "strategy=threads", "lanes.count=2"), row);
    Job batches = Job.of(mlp(run, "strategy=batching", "lanes.count=2"), row);
    Job adaptive = Job.of(mlp(run, "strategy=adaptive", "lanes.count=2"), row);
    Tensor rows = run.input(ROWS, 1);
    Job worker = Job.of(mlp(run, "strategy=processes", "processes.workers=1"), rows);
    AsyncLoop.run(adaptive, 16, Limit.time(LEARNING), Ticker.SYSTEM);
    return List.of(
        List.of(Cell.async(ONE, one, 8), Cell.async(TWO, two, 8)),
        List.of(Cell.async(APART, two, 64), Cell.async(BATCHES, batches, 64)),
        List.of(settled(FIXED, batches), settled(ADAPTIVE, adaptive)),
        List.of(
            Cell.async(LANE_ROWS, Job.of(one.model(), rows), 2),
            Cell.async(WORKER_ROWS, worker, 2)));
  }

  /** 16 in flight, for as long as a strategy needs that looks at windows of 250 ms. */
  private static Cell settled(String name, Job job) {
    return new Cell(
        name,
        time -> {
          AsyncLoop.run(job, 16, Limit.time(SETTLING), Ticker.SYSTEM);
          return AsyncLoop.run(job, 16, Limit.time(time.multipliedBy(3)), Ticker.SYSTEM);
        });
  }

  private static LoadedModel mlp(ScenarioRun run, String strategy, String count) {
    return run.rig(run.mlp(), strategy, count, "threads.intra-op=1").model();
  }

  private static List<Cell> identity(ScenarioRun run) {
    Tensor row = run.input(1, 1);
    HandWritten raw = run.open(() -> new HandWritten(run.identity()));
    String[] lane = {"strategy=threads", "lanes.count=1", "threads.intra-op=1"};
    Job infer = Job.of(run.rig(run.identity(), lane).model(), row);
    return List.of(
        alone(RAW, n -> raw.forward(row)), alone(INFER, infer::infer), Cell.async(LANE, infer, 8));
  }

  private static Cell alone(String name, LongConsumer call) {
    return new Cell(name, time -> BlockedLoop.run(call, 1, Limit.time(time), Ticker.SYSTEM));
  }

  // ---- what becomes of it ----

  private static Map<String, Double> values(Rounds rounds) {
    Map<String, Double> values = new TreeMap<>();
    RATIOS.forEach(ratio -> values.put(ratio.name(), ratio.value(rounds)));
    return values;
  }

  private void write(ScenarioRun run, Rounds rounds) {
    Expectations made = new Expectations(values(rounds));
    made.write(
        file,
        List.of(
            "What `bin/mps-parallel scenario quick` compares with; --write writes it.",
            LocalDate.now(ZoneOffset.UTC) + ", " + Machine.description() + ", " + Machine.jdk()));
    run.report().section("Ratios, written", table(rounds, made));
  }

  private void compare(ScenarioRun run, List<List<Cell>> groups, Rounds rounds) {
    Expectations expected = Expectations.read(file);
    run.report().section("Ratios", table(rounds, expected));
    Map<String, String> complaints = expected.complaints(values(rounds));
    if (!complaints.isEmpty()) {
      run.progress("once more, for " + complaints);
      Rounds again = run.groups(groups);
      run.report().section("Ratios, once more", table(again, expected));
      complaints = both(complaints, expected.complaints(values(again)));
    }
    complaints.forEach((name, why) -> run.report().say("Too low: " + name + ": " + why));
    run.report().mustHold(complaints.isEmpty());
  }

  /** {@return the second complaints about what was complained about at first} */
  static Map<String, String> both(Map<String, String> first, Map<String, String> second) {
    Map<String, String> both = new TreeMap<>(second);
    both.keySet().retainAll(first.keySet());
    return both;
  }

  private static Table table(Rounds rounds, Expectations expected) {
    Table table = new Table("name", "ratio", "value", "min...max", "at least", "met");
    for (Ratio ratio : RATIOS) {
      double value = ratio.value(rounds);
      Target least = Target.atLeast(expected.least(ratio.name()));
      table.row(
          ratio.name(),
          ratio.what(),
          Spread.number(value),
          rounds.spread(ratio::in).range(),
          least,
          least.verdict(value));
    }
    return table;
  }
}
