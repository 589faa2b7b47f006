package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.util.ArrayList;
import java.util.List;

/** Whether two lanes do twice the work of one, with calls that are long enough to be the work. */
final class ThreadsEfficiency implements Scenario {
  private static final double SHORTEST_MICROS = 1000;
  private static final int CALLS = 50;

  @Override
  public String name() {
    return "threads-efficiency";
  }

  @Override
  public String purpose() {
    return "calls of 1 ms or more on 1 and 2 lanes";
  }

  @Override
  public int rounds() {
    return 15;
  }

  @Override
  public double seconds() {
    return 2;
  }

  @Override
  public void run(ScenarioRun run) {
    List<Cell> cells = new ArrayList<>();
    List<Job> jobs = new ArrayList<>();
    int rows = 0;
    for (int lanes = 1; lanes <= 2; lanes++) {
      Rig rig =
          run.rig(run.mlp(), "strategy=threads", "threads.intra-op=1", "lanes.count=" + lanes);
      rows = rows == 0 ? longEnough(run, rig) : rows;
      Job job = Job.of(rig.model(), run.input(rows, 1));
      jobs.add(job);
      cells.add(Cell.async(cell(lanes), job, 2 * lanes));
    }
    Rounds rounds = run.rounds(cells);
    run.report().say(callTime(rows, jobs.get(0)));
    run.report().section("Throughput", Figures.rates(rounds, cells));
    Table table = Figures.targets();
    Spread half = rounds.spread(round -> round.rate(cell(2)) / (2 * round.rate(cell(1))));
    Figures.add(table, "lanes 2 / (2 x lanes 1)", half, Target.atLeast(0.95));
    run.report().section("Efficiency, each made within a round", table);
  }

  private static String cell(int lanes) {
    return "lanes " + lanes + ", async " + 2 * lanes;
  }

  /** {@return rows enough for a call of a millisecond} */
  private static int longEnough(ScenarioRun run, Rig rig) {
    int rows = 32;
    while (median(Job.of(rig.model(), run.input(rows, 1))) < SHORTEST_MICROS) {
      rows *= 2;
    }
    return rows;
  }

  private static String callTime(int rows, Job job) {
    return "One call, of " + rows + " rows, takes " + Spread.number(median(job)) + " us (p50).";
  }

  private static double median(Job job) {
    return BlockedLoop.run(job::infer, 1, Limit.requests(CALLS), Ticker.SYSTEM).micros(50);
  }
}
