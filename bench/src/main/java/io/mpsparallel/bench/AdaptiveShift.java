package io.mpsparallel.bench;

import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.Decision;
import io.mpsparallel.policy.Reason;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** One caller, then 64, then one again: how soon what serves them changes, and how often. */
final class AdaptiveShift implements Scenario {
  private static final int MANY = 64;
  private static final Duration LEARNING = Duration.ofSeconds(8);
  private static final double MOST_SECONDS = 2;

  /** What one phase showed. */
  private record Phase(int callers, double switchSeconds, long switches) {}

  @Override
  public String name() {
    return "adaptive-shift";
  }

  @Override
  public String purpose() {
    return "1 -> 64 -> 1 callers: how soon adaptive changes what serves them, and how often";
  }

  @Override
  public int rounds() {
    return 3;
  }

  @Override
  public double seconds() {
    return 5;
  }

  @Override
  public void run(ScenarioRun run) {
    Tensor input = run.input(1, 1);
    Rig rig = run.rig(run.mlp(), "strategy=adaptive");
    phase(rig, input, 1, LEARNING, Choice.THREADS);
    phase(rig, input, MANY, LEARNING, Choice.BATCHING);
    List<Phase> phases = new ArrayList<>();
    for (int round = 1; round <= run.options().rounds(); round++) {
      run.progress("round " + round + " of " + run.options().rounds() + " ...");
      phases.add(phase(rig, input, 1, run.options().time(), Choice.THREADS));
      phases.add(phase(rig, input, MANY, run.options().time(), Choice.BATCHING));
    }
    report(run, phases);
  }

  /** The expected choice is the one that won when there was time to learn. */
  private static Phase phase(Rig rig, Tensor input, int callers, Duration time, Choice expected) {
    long start = System.nanoTime();
    AtomicLong first = new AtomicLong(Long.MAX_VALUE);
    Job job =
        Job.of(
            rig.model(),
            request -> input,
            (request, result) -> {
              if (result.served().strategy().equals(expected.id())) {
                long since = System.nanoTime() - start;
                first.accumulateAndGet(since, Math::min);
              }
            });
    List<Decision> before = rig.executor().decisions();
    Choice served = before.isEmpty() ? expected : before.get(before.size() - 1).choice();
    AsyncLoop.run(job, callers, Limit.time(time), Ticker.SYSTEM);
    double seconds = first.get() == Long.MAX_VALUE ? Double.NaN : first.get() / 1e9;
    List<Decision> all = rig.executor().decisions();
    return new Phase(callers, seconds, switches(added(all, before), served));
  }

  /** The list keeps the last ones only. */
  @SuppressWarnings("ReferenceEquality") // equal decisions are taken more than once
  private static List<Decision> added(List<Decision> all, List<Decision> before) {
    int from = all.size();
    while (from > 0 && (before.isEmpty() || all.get(from - 1) != before.get(before.size() - 1))) {
      from--;
    }
    return all.subList(from, all.size());
  }

  /** Trials and their end are no changes of mind. */
  private static long switches(List<Decision> decisions, Choice served) {
    long switches = 0;
    Choice now = served;
    for (Decision decision : decisions) {
      boolean trial = decision.reason() == Reason.TRIAL || decision.reason() == Reason.KEPT;
      if (!trial && !decision.choice().equals(now)) {
        switches++;
        now = decision.choice();
      }
    }
    return switches;
  }

  private static void report(ScenarioRun run, List<Phase> phases) {
    Table table = new Table("callers", "first answer of the other, s", "switches");
    phases.forEach(
        each -> table.row(each.callers(), Spread.number(each.switchSeconds()), each.switches()));
    run.report().section("After each change of load", table);
    Table targets = Figures.targets();
    double[] seconds = phases.stream().mapToDouble(Phase::switchSeconds).toArray();
    double[] switches = phases.stream().mapToDouble(Phase::switches).toArray();
    Spread slowest = Spread.of(Spread.of(seconds).max());
    Spread most = Spread.of(Spread.of(switches).max());
    Figures.add(targets, "the slowest switch, s", slowest, Target.atMost(MOST_SECONDS));
    Figures.add(targets, "most switches for a change", most, Target.atMost(1));
    run.report().section("Targets", targets);
  }
}
