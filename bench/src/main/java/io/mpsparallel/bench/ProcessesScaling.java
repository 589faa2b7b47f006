package io.mpsparallel.bench;

import io.mpsparallel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** More and more worker processes, beside the lanes of one process. */
final class ProcessesScaling implements Scenario {
  private static final List<Integer> WORKERS = List.of(1, 2, 4, 6, 8);
  private static final int ROWS = 32;
  private static final String LANES = "2 lanes";

  @Override
  public String name() {
    return "processes-scaling";
  }

  @Override
  public String purpose() {
    return "32 rows of an MLP on 1, 2, 4, 6 and 8 workers, and on 2 lanes";
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
    Tensor rows = run.input(ROWS, 1);
    List<Cell> cells = new ArrayList<>();
    for (int workers : WORKERS) {
      Rig rig = run.rig(run.mlp(), settings("processes", "processes.workers=" + workers));
      cells.add(Cell.async(cell(workers), Job.of(rig.model(), rows), 2 * workers));
    }
    Rig lanes = run.rig(run.mlp(), settings("threads", "lanes.count=2"));
    cells.add(Cell.async(LANES, Job.of(lanes.model(), rows), 4));
    Rounds rounds = run.rounds(cells);
    run.report().section("Two requests in flight for each", Figures.rates(rounds, cells));
    run.report().section("Ratios, each made within a round", ratios(rounds));
  }

  private static String[] settings(String strategy, String size) {
    return new String[] {"strategy=" + strategy, size, "threads.intra-op=1"};
  }

  private static Table ratios(Rounds rounds) {
    Table table = Figures.targets();
    for (int workers : WORKERS.subList(1, WORKERS.size())) {
      String many = cell(workers);
      Figures.add(table, many + " / 1 worker", rounds.ratio(many, cell(1)), null);
      Target target = workers == 2 ? Target.atLeast(0.95) : null;
      Figures.add(table, many + " / " + LANES, rounds.ratio(many, LANES), target);
    }
    return table;
  }

  private static String cell(int workers) {
    return workers == 1 ? "1 worker" : workers + " workers";
  }
}
