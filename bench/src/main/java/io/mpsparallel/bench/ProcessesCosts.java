package io.mpsparallel.bench;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.List;

/** What worker processes add to a request, and what they make of a network, beside lanes. */
final class ProcessesCosts implements Scenario {
  private static final int SMALL = 1024; // floats: 4 KB
  private static final int LARGE = CopyPair.BYTES / Float.BYTES;
  private static final int ROWS = 32;
  private static final String INFER = "identity, 4 KB, infer";
  private static final String SUBMIT = "identity, 4 KB, submit";
  private static final String COPIES = "identity, 4 MB, infer";
  private static final String BARE = "two copies of 4 MB, one thread";
  private static final String APART = "two copies of 4 MB, two threads in turn";
  private static final String PROCESSES = "MLP, 32 rows, 2 workers, async 4";
  private static final String THREADS = "MLP, 32 rows, 2 lanes, async 4";

  @Override
  public String name() {
    return "processes-costs";
  }

  @Override
  public String purpose() {
    return "round trips to a worker, and an MLP on 2 workers beside 2 lanes";
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
    Job trips = Job.of(rig(run, 1).model(), floats(run, SMALL));
    Job copies = Job.of(trips.model(), floats(run, LARGE));
    Tensor rows = run.input(ROWS, 1);
    Job processes = Job.of(mlp(run, "strategy=processes", "processes.workers=2"), rows);
    Job threads = Job.of(mlp(run, "strategy=threads", "lanes.count=2"), rows);
    List<Cell> cells =
        List.of(
            Cell.blocked(INFER, trips, 1),
            new Cell(
                SUBMIT,
                time -> BlockedLoop.run(trips::submitAndJoin, 1, Limit.time(time), Ticker.SYSTEM)),
            Cell.blocked(COPIES, copies, 1),
            new Cell(BARE, ProcessesCosts::copies),
            new Cell(APART, ProcessesCosts::copiesApart),
            Cell.async(PROCESSES, processes, 4),
            Cell.async(THREADS, threads, 4));
    Rounds rounds = run.rounds(cells);
    run.report().section("Rates and latencies", Figures.rates(rounds, cells));
    run.report().section("Targets, times in us", targets(rounds));
  }

  private static Rig rig(ScenarioRun run, int workers) {
    return run.rig(
        run.identity(), "strategy=processes", "processes.workers=" + workers, "threads.intra-op=1");
  }

  private static LoadedModel mlp(ScenarioRun run, String... settings) {
    return run.rig(run.mlp(), settings[0], settings[1], "threads.intra-op=1").model();
  }

  private static Tensor floats(ScenarioRun run, int count) {
    return run.open(() -> Tensor.of(new float[count], 1, count));
  }

  /** What the bytes cost that go there and come back, if nobody else sees them. */
  private static Measured copies(Duration time) {
    return BlockedLoop.run(new CopyPair()::bothHere, 1, Limit.time(time), Ticker.SYSTEM);
  }

  /** The same from one core's cache to another's. */
  private static Measured copiesApart(Duration time) {
    try (CopyPair pair = new CopyPair()) {
      pair.start();
      return BlockedLoop.run(pair::thereAndBack, 1, Limit.time(time), Ticker.SYSTEM);
    }
  }

  private static Table targets(Rounds rounds) {
    Table table = Figures.targets();
    add(table, rounds, INFER, 20, 200);
    add(table, rounds, SUBMIT, 45, 200);
    addCopies(table, rounds, BARE);
    addCopies(table, rounds, APART);
    Figures.add(
        table, "MLP, processes / threads", rounds.ratio(PROCESSES, THREADS), Target.atLeast(0.95));
    return table;
  }

  private static void add(Table table, Rounds rounds, String cell, double half, double most) {
    Figures.add(table, cell + ", p50", rounds.micros(cell, 50), Target.atMost(half));
    Figures.add(table, cell + ", p99", rounds.micros(cell, 99), Target.atMost(most));
  }

  private static void addCopies(Table table, Rounds rounds, String base) {
    Figures.add(
        table,
        COPIES + ", p50 / (1.2 x " + base + " + 50 us)",
        rounds.spread(
            round -> round.at(COPIES).micros(50) / (1.2 * round.at(base).micros(50) + 50)),
        Target.atMost(1));
  }
}
