package io.mpsparallel.bench;

import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.util.Locale;

/** The answers of many lanes beside those of one thread on the CPU. */
final class Correctness {
  private Correctness() {}

  /**
   * Asks so many lanes, as many times each on average, with a different input every time, and
   * reports. A wrong answer makes the run fail.
   */
  static void report(ScenarioRun run, int lanes, int perLane, String... settings) {
    Answers answers = rightAnswers(run, lanes * perLane);
    String[] own = new String[settings.length + 3];
    own[0] = "strategy=threads";
    own[1] = "threads.intra-op=1";
    own[2] = "lanes.count=" + lanes;
    System.arraycopy(settings, 0, own, 3, settings.length);
    Limit all = Limit.requests(answers.count());
    Table table = new Table("load", "answers", "largest difference", "<= 1e-4");
    try (Rig rig = run.shortRig(run.mlp(), own)) {
      Job job = answers.job(rig.model());
      add(
          run,
          table,
          "async " + 2 * lanes,
          AsyncLoop.run(job, 2 * lanes, all, Ticker.SYSTEM),
          answers);
      Measured blocked = BlockedLoop.run(job::infer, lanes, all, Ticker.SYSTEM);
      add(run, table, "blocked " + lanes, blocked, answers);
    }
    run.report().section("Answers of " + lanes + " lanes, " + perLane + " for each", table);
    run.report().say("Lanes whose threads brought answers: " + answers.lanes() + ".");
  }

  private static Answers rightAnswers(ScenarioRun run, int count) {
    Tensor[] inputs = new Tensor[count];
    for (int i = 0; i < count; i++) {
      inputs[i] = run.input(1, i);
    }
    String[] plain = {"strategy=single", "device=cpu", "threads.intra-op=1"};
    try (Rig rig = run.shortRig(run.mlp(), plain)) {
      return new Answers(rig.model(), inputs);
    }
  }

  private static void add(
      ScenarioRun run, Table table, String load, Measured measured, Answers answers) {
    boolean right = answers.areRight() && measured.answers() == answers.count();
    table.row(
        load,
        measured.answers() + " of " + answers.count(),
        String.format(Locale.ROOT, "%.1e", answers.difference()),
        run.report().mustHold(right));
  }
}
