package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * Requests that come whether or not there is room: what batching adds to the waits while threads
 * alone would do, and what is left of them when they would not.
 */
final class BatchingOpenLoop implements Scenario {
  private static final int IN_FLIGHT = 64;
  private static final int CALIBRATIONS = 3;
  private static final String BATCHING = "batching";
  private static final String THREADS = "threads";

  /**
   * A share of what threads can do, in percent, and the most that batching's p99 may be of theirs.
   */
  private record Load(int percent, double most) {
    String cell(String strategy) {
      return percent + "%, " + strategy;
    }
  }

  private static final List<Load> LOADS =
      List.of(new Load(50, 1.1), new Load(80, 1.1), new Load(150, 0));

  private final Map<String, Totals> totals = new HashMap<>();

  /** What became of all requests of a cell. */
  private static final class Totals {
    private long offered;
    private long answered;
    private long rejected;
    private long failed;
    private final Histogram late = Measured.histogram();

    void add(OpenLoop.Outcome outcome) {
      offered += outcome.offered();
      answered += outcome.answered();
      rejected += outcome.rejected();
      failed += outcome.failed();
      late.add(outcome.late());
    }
  }

  @Override
  public String name() {
    return "batching-open-loop";
  }

  @Override
  public String purpose() {
    return "Poisson arrivals at 50, 80 and 150% of what threads can do: waits of both";
  }

  @Override
  public int rounds() {
    return 5;
  }

  @Override
  public double seconds() {
    return 2;
  }

  @Override
  public void run(ScenarioRun run) {
    Job threads = job(run, THREADS);
    Job batching = job(run, BATCHING);
    double capacity = capacity(run, threads);
    double more = capacity(run, batching);
    List<Cell> cells = new ArrayList<>();
    for (Load load : LOADS) {
      cells.add(cell(load, THREADS, threads, capacity));
      cells.add(cell(load, BATCHING, batching, capacity));
    }
    Rounds rounds = run.rounds(cells);
    String capacities =
        "Capacity C, that of threads, 64 in flight: %s requests/s; that of batching: %s.";
    run.report().say(capacities.formatted(Spread.number(capacity), Spread.number(more)));
    report(run, rounds);
  }

  private static Job job(ScenarioRun run, String strategy) {
    Rig rig = run.rig(run.mlp(), "strategy=" + strategy, "queue.capacity=1048576");
    return Job.of(rig.model(), run.input(1, 1));
  }

  /** The median of some measurements in a closed loop, after one to get warm. */
  private static double capacity(ScenarioRun run, Job job) {
    Limit limit = Limit.time(run.atMost(Duration.ofSeconds(1)));
    double[] rates = new double[CALIBRATIONS];
    AsyncLoop.run(job, IN_FLIGHT, limit, Ticker.SYSTEM);
    for (int i = 0; i < rates.length; i++) {
      rates[i] = AsyncLoop.run(job, IN_FLIGHT, limit, Ticker.SYSTEM).perSecond();
    }
    return Spread.of(rates).median();
  }

  /** One cell; in the same round, both strategies get the same arrivals. */
  private Cell cell(Load load, String strategy, Job job, double capacity) {
    AtomicLong seed = new AtomicLong();
    String name = load.cell(strategy);
    return new Cell(
        name,
        time -> {
          Schedule arrivals =
              Schedule.poisson(load.percent() / 100.0 * capacity, seed.incrementAndGet());
          Pacer.Wait wait = Pacer.Wait.parking(Ticker.SYSTEM);
          OpenLoop.Outcome outcome = new OpenLoop(job, Ticker.SYSTEM).run(arrivals, time, wait);
          totals.computeIfAbsent(name, first -> new Totals()).add(outcome);
          return new Measured(
              outcome.answered(), time, outcome.fromSubmit(), outcome.fromIntended());
        });
  }

  private void report(ScenarioRun run, Rounds rounds) {
    run.report().section("Requests, the warm-up included", requests(run));
    run.report().section("Latencies from the intended start, in us", latencies(rounds));
    Table table = Figures.targets();
    for (Load load : LOADS) {
      Target target = load.most() == 0 ? null : Target.atMost(load.most());
      for (int percentile : new int[] {50, 99}) {
        Spread ratio =
            rounds.spread(
                round ->
                    intended(round, load.cell(BATCHING), percentile)
                        / intended(round, load.cell(THREADS), percentile));
        String name = load.percent() + "%, batching / threads, p" + percentile;
        Figures.add(table, name, ratio, percentile == 99 ? target : null);
      }
    }
    run.report().section("Ratios, each made within a round", table);
  }

  private static double intended(Round round, String cell, double percentile) {
    return Measured.micros(round.at(cell).fromIntended(), percentile);
  }

  private Table requests(ScenarioRun run) {
    Table table =
        new Table("cell", "offered", "answered", "rejected", "failed", "all answered", "late p99");
    for (Load load : LOADS) {
      for (String strategy : List.of(THREADS, BATCHING)) {
        Totals sums = totals.getOrDefault(load.cell(strategy), new Totals());
        table.row(
            load.cell(strategy),
            sums.offered,
            sums.answered,
            sums.rejected,
            sums.failed,
            run.report().mustHold(sums.answered == sums.offered),
            Spread.number(Measured.micros(sums.late, 99)));
      }
    }
    return table;
  }

  private static Table latencies(Rounds rounds) {
    Table table = new Table("cell", "p50", "p99", "of rounds", "p99.9", "max", "p99 from submit");
    for (Load load : LOADS) {
      for (String strategy : List.of(THREADS, BATCHING)) {
        String cell = load.cell(strategy);
        Histogram all = rounds.pooled(cell, Measured::fromIntended);
        Spread most = rounds.spread(round -> intended(round, cell, 99));
        table.row(
            cell,
            Spread.number(Measured.micros(all, 50)),
            Spread.number(most.median()),
            most.range(),
            Spread.number(Measured.micros(all, 99.9)),
            Spread.number(Measured.micros(all, 100)),
            Spread.number(rounds.micros(cell, 99).median()));
      }
    }
    return table;
  }
}
