package io.mpsparallel.bench;

import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Ticker;
import java.util.List;
import java.util.Locale;

/**
 * Requests to worker processes of which one is killed every second, or now and then stopped: every
 * answer right, each once, and nothing left behind.
 */
final class ProcessesChaos implements Scenario {
  private static final int WORKERS = 4;
  private static final int IN_FLIGHT = 8;
  private static final int INPUTS = 256;

  private static final int REQUESTS = 100_000;

  @Override
  public String name() {
    return "processes-chaos";
  }

  @Override
  public String purpose() {
    return "100,000 requests while workers are killed each second, or stopped";
  }

  @Override
  public int rounds() {
    return 1;
  }

  /** {@return how far two blows are apart} */
  @Override
  public double seconds() {
    return 1;
  }

  @Override
  public void run(ScenarioRun run) {
    Answers answers = rightAnswers(run);
    Table table =
        new Table(
            "answers", "largest difference", "time", "killed", "stopped", "replaced", "right");
    for (int round = 0; round < run.options().rounds(); round++) {
      addRound(run, answers, table);
    }
    run.report()
        .section("Requests of " + IN_FLIGHT + " in flight to " + WORKERS + " workers", table);
    List<String> left = Remains.find();
    run.report()
        .say(
            "Nothing left behind (processes, threads, mappings, files): "
                + run.report().mustHold(left.isEmpty())
                + " "
                + left);
  }

  private static Answers rightAnswers(ScenarioRun run) {
    Tensor[] inputs = new Tensor[INPUTS];
    for (int i = 0; i < INPUTS; i++) {
      inputs[i] = run.input(1, i);
    }
    try (Rig rig = run.shortRig(run.mlp(), "strategy=single", "threads.intra-op=1")) {
      return new Answers(rig.model(), inputs);
    }
  }

  private static void addRound(ScenarioRun run, Answers answers, Table table) {
    Measured measured;
    Saboteur saboteur;
    StrategyStats stats;
    try (Rig rig = chaosRig(run);
        Saboteur busy = Saboteur.start(run.options().time(), run::progress)) {
      saboteur = busy;
      Limit all = Limit.requests(REQUESTS);
      measured = AsyncLoop.run(answers.job(rig.model()), IN_FLIGHT, all, Ticker.SYSTEM);
      stats = rig.executor().stats();
    }
    boolean right =
        answers.areRight() && measured.answers() == REQUESTS && stats.served() == REQUESTS;
    table.row(
        measured.answers() + " of " + REQUESTS,
        String.format(Locale.ROOT, "%.1e", answers.difference()),
        measured.elapsed().toSeconds() + " s",
        saboteur.killed(),
        saboteur.stopped(),
        stats.replaced(),
        run.report().mustHold(right));
  }

  private static Rig chaosRig(ScenarioRun run) {
    return run.shortRig(
        run.mlp(),
        "strategy=processes",
        "processes.workers=" + WORKERS,
        "processes.limits.silence=2s",
        "processes.restart.retries=100",
        "processes.restart.most=1s",
        "threads.intra-op=1");
  }
}
