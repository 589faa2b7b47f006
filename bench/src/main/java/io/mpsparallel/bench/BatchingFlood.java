package io.mpsparallel.bench;

import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.Locale;

/** Ten thousand requests at once, again and again; and one bad one among 64. */
final class BatchingFlood implements Scenario {
  private static final int REQUESTS = 10_000;
  private static final int INPUTS = 64;
  private static final double TOLERANCE = 1e-5;

  private final Table floods =
      new Table(
          "flood", "requests/s", "forwards", "mean rows", "resident MiB", "heap MiB", "all right");
  private final Table targets = new Table("figure", "value", "target", "met");

  private int mostForwards;
  private double settledMib;
  private double grownMib;

  @Override
  public String name() {
    return "batching-flood";
  }

  @Override
  public String purpose() {
    return "10,000 requests at once: forwards, answers, memory; and 1 bad request in 64";
  }

  @Override
  public int rounds() {
    return 10;
  }

  @Override
  public double seconds() {
    return 0; // a round is so many requests, not so much time
  }

  @Override
  public void run(ScenarioRun run) {
    Answers answers = rightAnswers(run);
    Rig rig = run.rig(run.mlp(), "strategy=batching", "queue.capacity=16384");
    Job job = answers.job(rig.model());
    for (int i = 1; i <= run.options().rounds(); i++) {
      run.progress("flood " + i + " of " + run.options().rounds() + " ...");
      flood(run, i, rig, job, answers);
    }
    run.report().section("Floods of " + REQUESTS + " requests", floods);
    add("most forwards of a flood", mostForwards, REQUESTS / 8 - 1);
    add("resident MiB, the last flood - the second", grownMib - settledMib, 16);
    run.report().section("Targets", targets);
    String off = String.format(Locale.ROOT, "%.1e", answers.difference());
    run.report().say("Largest difference of a value from unbatched: " + off + ".");
    OneBadRequest.report(run);
  }

  private static Answers rightAnswers(ScenarioRun run) {
    Tensor[] inputs = new Tensor[INPUTS];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = run.input(1, i);
    }
    try (Rig rig = run.shortRig(run.mlp(), "strategy=single", "threads.intra-op=1")) {
      return new Answers(rig.model(), inputs);
    }
  }

  private void flood(ScenarioRun run, int number, Rig rig, Job job, Answers answers) {
    StrategyStats before = rig.executor().stats();
    Pacer.Wait none = nanos -> {};
    long start = System.nanoTime();
    OpenLoop.Outcome outcome =
        new OpenLoop(job, Ticker.SYSTEM)
            .run(Schedule.fixed(1e9), Duration.ofNanos(REQUESTS), none); // one each nanosecond
    double seconds = (System.nanoTime() - start) / 1e9;
    StrategyStats after = rig.executor().stats();
    int forwards = (int) (after.served() - before.served());
    mostForwards = Math.max(mostForwards, forwards);
    double heapMib = MemoryWatch.collectedHeapMib();
    grownMib = Machine.residentKib() / 1024.0;
    settledMib = number <= 2 ? grownMib : settledMib;
    boolean right = outcome.answered() == REQUESTS && answers.difference() <= TOLERANCE;
    floods.row(
        number,
        Spread.number(REQUESTS / seconds),
        forwards,
        Spread.number((double) (rows(after) - rows(before)) / forwards),
        Spread.number(grownMib),
        Spread.number(heapMib),
        run.report().mustHold(right));
  }

  private static long rows(StrategyStats stats) {
    BatchStats batches = stats.batching();
    return batches == null ? 0 : batches.rows();
  }

  private void add(String figure, double value, double most) {
    Target target = Target.atMost(most);
    targets.row(figure, Spread.number(value), target, target.verdict(value));
  }
}
