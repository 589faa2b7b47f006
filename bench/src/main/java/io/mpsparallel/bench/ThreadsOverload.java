package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.time.Duration;
import org.HdrHistogram.Histogram;

/** Four times as many requests as can be answered: what happens to those, and to memory. */
final class ThreadsOverload implements Scenario {
  private static final int LANES = 2;
  private static final int CAPACITY = 256;
  private static final int FACTOR = 4;
  private static final int CLOSED_IN_FLIGHT = 64;
  private static final double SLACK = 1.5;
  private static final Duration CALIBRATION = Duration.ofSeconds(3);

  @Override
  public String name() {
    return "threads-overload";
  }

  @Override
  public String purpose() {
    return "4 times as many requests as can be answered, with room for 256";
  }

  @Override
  public int rounds() {
    return 1;
  }

  @Override
  public double seconds() {
    return 10;
  }

  @Override
  public void run(ScenarioRun run) {
    String[] own = {
      "strategy=threads", "threads.intra-op=1", "lanes.count=" + LANES, "queue.capacity=" + CAPACITY
    };
    Job job = Job.of(run.rig(run.mlp(), own).model(), run.input(1, 1));
    for (int round = 1; round <= run.options().rounds(); round++) {
      run.progress("round " + round + " of " + run.options().rounds() + " ...");
      overload(run, job, ", round " + round);
    }
  }

  private static void overload(ScenarioRun run, Job job, String round) {
    double perSecond = capacity(run, job);
    double heapBefore = MemoryWatch.collectedHeapMib();
    Schedule schedule = Schedule.fixed(FACTOR * perSecond);
    Pacer.Wait wait = Pacer.Wait.parking(Ticker.SYSTEM);
    MemoryWatch watch = new MemoryWatch();
    OpenLoop.Outcome outcome;
    try {
      outcome = new OpenLoop(job, Ticker.SYSTEM).run(schedule, run.options().time(), wait);
    } finally {
      watch.close();
    }
    run.report().section("Requests" + round, requests(run, perSecond, outcome));
    run.report().section("Latencies of the answered ones, in ms" + round, latencies(outcome));
    run.report().section("Bound of the waits" + round, bound(perSecond, outcome));
    reportMemory(run, watch, heapBefore, round);
  }

  /** Answers per second in a closed loop, after as much time to get warm. */
  private static double capacity(ScenarioRun run, Job job) {
    Limit limit = Limit.time(run.atMost(CALIBRATION));
    AsyncLoop.run(job, CLOSED_IN_FLIGHT, limit, Ticker.SYSTEM);
    return AsyncLoop.run(job, CLOSED_IN_FLIGHT, limit, Ticker.SYSTEM).perSecond();
  }

  private static Table requests(ScenarioRun run, double perSecond, OpenLoop.Outcome outcome) {
    double seconds = run.options().time().toNanos() / 1e9;
    return new Table("figure", "value")
        .row("capacity C, closed loop, requests/s", Spread.number(perSecond))
        .row("offered, at " + FACTOR + "C", outcome.offered())
        .row("answered", outcome.answered())
        .row("answered, requests/s", Spread.number(outcome.answered() / seconds))
        .row("rejected, OVERLOADED", outcome.rejected())
        .row("anything else (expected: 0)", outcome.failed())
        .row("answered + rejected = offered", run.report().mustHold(outcome.isComplete()));
  }

  private static Table latencies(OpenLoop.Outcome outcome) {
    Table table = new Table("from", "p50", "p99", "max");
    addLatencies(table, "submit", outcome.fromSubmit());
    addLatencies(table, "intended start", outcome.fromIntended());
    addLatencies(table, "intended start to submit, of all", outcome.late());
    return table;
  }

  private static void addLatencies(Table table, String from, Histogram nanos) {
    table.row(from, millis(nanos, 50), millis(nanos, 99), millis(nanos, 100));
  }

  private static String millis(Histogram nanos, double percentile) {
    return Spread.number(Measured.micros(nanos, percentile) / 1e3);
  }

  private static Table bound(double perSecond, OpenLoop.Outcome outcome) {
    double bound = 1e6 * (CAPACITY + LANES) / perSecond;
    Table table = new Table("figure", "us", "/ bound", "target", "met");
    table.row("bound: (capacity + lanes) / C", Spread.number(bound), "1", "-", "-");
    for (int percentile : new int[] {99, 100}) {
      double micros = Measured.micros(outcome.fromSubmit(), percentile);
      Target target = Target.atMost(SLACK);
      table.row(
          percentile == 100 ? "max from submit" : "p99 from submit",
          Spread.number(micros),
          Spread.number(micros / bound),
          target,
          target.verdict(micros / bound));
    }
    return table;
  }

  private static void reportMemory(
      ScenarioRun run, MemoryWatch watch, double heapBefore, String round) {
    run.report().section("Memory" + round, watch.table());
    run.report()
        .say(
            "Resident memory grew by "
                + Spread.number(watch.growthMib())
                + " MiB from second 2 to the end. Heap after a collection: "
                + Spread.number(heapBefore)
                + " MiB before, "
                + Spread.number(MemoryWatch.collectedHeapMib())
                + " MiB after.");
  }
}
