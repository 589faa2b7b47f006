package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.util.List;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** Whether callers wait alike, and whether many lanes answer right. */
final class ThreadsFairness implements Scenario {
  private static final int CALLERS = 8;
  private static final int EACH = 50;
  private static final int MANY_LANES = 31;
  private static final int PER_LANE = 100;

  @Override
  public String name() {
    return "threads-fairness";
  }

  @Override
  public String purpose() {
    return "the longest wait of 8 callers, and the answers of 31 lanes";
  }

  @Override
  public int rounds() {
    return 20;
  }

  @Override
  public double seconds() {
    return 0; // a round is so many requests, not so much time
  }

  @Override
  public void run(ScenarioRun run) {
    String[] two = {"strategy=threads", "threads.intra-op=1", "lanes.count=2"};
    Job job = Job.of(run.rig(run.mlp(), two).model(), run.input(1, 1));
    String cell = CALLERS + " callers x " + EACH;
    Rounds rounds = run.rounds(List.of(new Cell(cell, time -> eachSoMany(job))));
    Table table = Figures.targets();
    Figures.add(table, "wait, p50, us", rounds.micros(cell, 50), null);
    Figures.add(table, "wait, p99, us", rounds.micros(cell, 99), null);
    Figures.add(table, "wait, max, us", rounds.micros(cell, 100), null);
    Spread unfair = rounds.spread(r -> r.at(cell).micros(100) / r.at(cell).micros(50));
    Figures.add(table, "max / median", unfair, Target.atMost(10));
    run.report().section("Waits of " + cell + " requests, 2 lanes", table);
    Correctness.report(run, MANY_LANES, PER_LANE);
  }

  /** Every caller makes the same number of requests. */
  private static Measured eachSoMany(Job job) {
    Histogram waits = new ConcurrentHistogram(3);
    Measured all =
        BlockedLoop.run(
            caller -> requests(job, waits), CALLERS, Limit.requests(CALLERS), Ticker.SYSTEM);
    return Measured.closed(all.elapsed(), waits);
  }

  private static void requests(Job job, Histogram waits) {
    for (int i = 0; i < EACH; i++) {
      long before = System.nanoTime();
      job.infer(i);
      waits.recordValue(System.nanoTime() - before);
    }
  }
}
