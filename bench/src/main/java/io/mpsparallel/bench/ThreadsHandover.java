package io.mpsparallel.bench;

import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** What it costs to hand a request to a lane, with a model that does nothing. */
final class ThreadsHandover implements Scenario {
  private static final int PER_SECOND = 1000;
  private static final String LOOP = "submit().join() in a loop";
  private static final String SPINS = "1000/s, caller spins";
  private static final String PARKS = "1000/s, caller parks";
  private static final String INLINE = "infer() in a loop";
  private static final List<String> WAYS = List.of(LOOP, SPINS, PARKS, INLINE);

  /** How lanes wait for work, and whether the targets are for that. */
  private record Setup(int lanes, String spin, boolean judged) {
    String[] settings() {
      return new String[] {
        "strategy=threads", "threads.intra-op=1", "lanes.count=" + lanes, "lanes.spin=" + spin
      };
    }

    String label() {
      return "lanes " + lanes + ", spin " + spin;
    }

    String cell(String way) {
      return label() + ", " + way;
    }
  }

  private static final List<Setup> SETUPS =
      List.of(
          new Setup(1, "50us", true),
          new Setup(2, "50us", true),
          new Setup(1, "0", false),
          new Setup(2, "0", false),
          new Setup(1, "10ms", false),
          new Setup(2, "10ms", false));

  @Override
  public String name() {
    return "threads-handover";
  }

  @Override
  public String purpose() {
    return "the way of a request to a lane and back, and how soon idle lanes sleep";
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
    Tensor small = run.open(() -> Tensor.of(new float[16], 1, 16));
    List<Cell> cells = new ArrayList<>();
    for (Setup setup : SETUPS) {
      Rig rig = run.rig(run.identity(), setup.settings());
      addCells(cells, setup, Job.of(rig.model(), small));
    }
    Rounds rounds = run.rounds(cells);
    run.report().section("Latencies, in us", latencies(rounds));
    String intended = "From the intended start, all rounds together, in us";
    run.report().section(intended, fromIntended(rounds));
    run.report().section("Targets, from the call, in us", targets(rounds));
    run.report().section("After the last request", idleness(run, small));
  }

  private static void addCells(List<Cell> cells, Setup setup, Job job) {
    cells.add(
        new Cell(
            setup.cell(LOOP),
            time -> BlockedLoop.run(job::submitAndJoin, 1, Limit.time(time), Ticker.SYSTEM)));
    cells.add(paced(setup.cell(SPINS), job, Pacer.Wait.spinning(Ticker.SYSTEM)));
    cells.add(paced(setup.cell(PARKS), job, Pacer.Wait.parking(Ticker.SYSTEM)));
    cells.add(Cell.blocked(setup.cell(INLINE), job, 1));
  }

  private static Cell paced(String name, Job job, Pacer.Wait wait) {
    Schedule even = Schedule.fixed(PER_SECOND);
    return new Cell(
        name, time -> PacedCaller.run(job::submitAndJoin, even, time, wait, Ticker.SYSTEM));
  }

  private static Table latencies(Rounds rounds) {
    Table table = new Table("cell", "p50", "of rounds", "p99", "of rounds", "p99.9", "max");
    for (String cell : cells(WAYS)) {
      Spread half = rounds.micros(cell, 50);
      Spread most = rounds.micros(cell, 99);
      Histogram all = rounds.pooled(cell, Measured::latencies);
      table.row(
          cell,
          Spread.number(half.median()),
          half.range(),
          Spread.number(most.median()),
          most.range(),
          Spread.number(Measured.micros(all, 99.9)),
          Spread.number(Measured.micros(all, 100)));
    }
    return table;
  }

  private static List<String> cells(List<String> ways) {
    return SETUPS.stream().flatMap(setup -> ways.stream().map(setup::cell)).toList();
  }

  private static Table fromIntended(Rounds rounds) {
    Table table = new Table("cell", "p50", "p99", "p99.9", "max");
    for (String cell : cells(List.of(SPINS, PARKS))) {
      Histogram all = rounds.pooled(cell, Measured::fromIntended);
      table.row(
          cell,
          Spread.number(Measured.micros(all, 50)),
          Spread.number(Measured.micros(all, 99)),
          Spread.number(Measured.micros(all, 99.9)),
          Spread.number(Measured.micros(all, 100)));
    }
    return table;
  }

  private static Table targets(Rounds rounds) {
    Table table = Figures.targets();
    for (Setup setup : SETUPS.stream().filter(Setup::judged).toList()) {
      addTargets(table, rounds, setup.cell(LOOP), 6, 60);
      addTargets(table, rounds, setup.cell(SPINS), 40, 150);
      addTargets(table, rounds, setup.cell(PARKS), 40, 150);
    }
    return table;
  }

  private static void addTargets(
      Table table, Rounds rounds, String cell, double half, double most) {
    Figures.add(table, cell + ", p50", rounds.micros(cell, 50), Target.atMost(half));
    Figures.add(table, cell + ", p99", rounds.micros(cell, 99), Target.atMost(most));
  }

  private static Table idleness(ScenarioRun run, Tensor small) {
    Table table = LaneIdleness.table();
    for (Setup setup : SETUPS) {
      run.progress("idle: " + setup.label() + " ...");
      LaneIdleness lanes = new LaneIdleness();
      try (Rig rig = run.shortRig(run.identity(), setup.settings())) {
        lanes.measure(table, setup.label(), Job.of(rig.model(), small));
      }
    }
    return table;
  }
}
