package io.mpsparallel.bench;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.HdrHistogram.Histogram;

/**
 * Requests that come whether or not there is room: what batching adds to the waits while threads
 * alone would do, and what is left of them when they would not.
 */
final class BatchingOpenLoop implements Scenario {
  private static final int IN_FLIGHT = 64;
  private static final Duration CALIBRATION = Duration.ofMillis(500);
  private static final String BATCHING = "batching";
  private static final String THREADS = "threads";
  private static final List<String> STRATEGIES = List.of(THREADS, BATCHING);

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
  private final List<Double> capacities = new ArrayList<>();

  /** What became of all requests of a cell, those of the warm-up round included. */
  private static final class Totals {
    private long offered;
    private long answered;
    private long rejected;
    private long forwards;
    private final Histogram late = Measured.histogram();

    void add(OpenLoop.Outcome outcome, long ran) {
      offered += outcome.offered();
      answered += outcome.answered();
      rejected += outcome.rejected();
      forwards += ran;
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
    Map<String, Rig> rigs = new LinkedHashMap<>();
    for (String strategy : STRATEGIES) {
      String room = "queue.capacity=1048576";
      rigs.put(strategy, run.rig(run.mlp(), "strategy=" + strategy, room));
    }
    Tensor row = run.input(1, 1);
    List<Cell> cells = new ArrayList<>();
    rigs.forEach(
        (strategy, rig) -> LOADS.forEach(load -> cells.add(cell(rig, row, load, strategy))));
    Job threads = Job.of(requireNonNull(rigs.get(THREADS), THREADS).model(), row);
    report(run, run.rounds(calibrated(cells, run, threads)));
  }

  /** The same cells; the first one of each round measures what threads can do just before. */
  private List<Cell> calibrated(List<Cell> cells, ScenarioRun run, Job threads) {
    Limit limit = Limit.time(run.atMost(CALIBRATION));
    AtomicInteger calls = new AtomicInteger();
    UnaryOperator<Cell> calibrate =
        cell ->
            new Cell(
                cell.name(),
                time -> {
                  if (calls.getAndIncrement() % cells.size() == 0) {
                    AsyncLoop.run(threads, IN_FLIGHT, limit, Ticker.SYSTEM); // to get warm
                    capacities.add(
                        AsyncLoop.run(threads, IN_FLIGHT, limit, Ticker.SYSTEM).perSecond());
                  }
                  return cell.measure().apply(time);
                });
    return cells.stream().map(calibrate).toList();
  }

  /** One cell; in the same round, both strategies get the same arrivals. */
  private Cell cell(Rig rig, Tensor row, Load load, String strategy) {
    Job job = Job.of(rig.model(), row);
    String name = load.cell(strategy);
    return new Cell(
        name,
        time -> {
          int round = capacities.size();
          double perSecond = load.percent() / 100.0 * capacities.get(round - 1);
          Schedule arrivals = Schedule.poisson(perSecond, round);
          Pacer.Wait wait = Pacer.Wait.parking(Ticker.SYSTEM);
          long before = rig.executor().stats().served();
          OpenLoop.Outcome outcome = new OpenLoop(job, Ticker.SYSTEM).run(arrivals, time, wait);
          long forwards = rig.executor().stats().served() - before;
          totals.computeIfAbsent(name, first -> new Totals()).add(outcome, forwards);
          return new Measured(
              outcome.answered(), time, outcome.fromSubmit(), outcome.fromIntended());
        });
  }

  private void report(ScenarioRun run, Rounds rounds) {
    double[] counted = capacities.stream().skip(1).mapToDouble(each -> each).toArray();
    Spread capacity = Spread.of(counted);
    run.report()
        .say(
            "Capacity, what threads answer in a closed loop of 64 at the start of each round: "
                + Spread.number(capacity.median())
                + " requests/s ("
                + capacity.range()
                + ").");
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
        new Table(
            "cell", "offered", "rejected", "all answered", "mean rows", "submitted late, p99 us");
    for (Load load : LOADS) {
      for (String strategy : STRATEGIES) {
        Totals sums = totals.getOrDefault(load.cell(strategy), new Totals());
        table.row(
            load.cell(strategy),
            sums.offered,
            sums.rejected,
            run.report().mustHold(sums.answered == sums.offered),
            Spread.number((double) sums.answered / Math.max(1, sums.forwards)),
            Spread.number(Measured.micros(sums.late, 99)));
      }
    }
    return table;
  }

  private static Table latencies(Rounds rounds) {
    Table table = new Table("cell", "p50", "p99", "of rounds", "p99.9", "max", "p99 from submit");
    for (Load load : LOADS) {
      for (String strategy : STRATEGIES) {
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
