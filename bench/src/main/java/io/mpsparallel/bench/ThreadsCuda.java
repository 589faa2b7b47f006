package io.mpsparallel.bench;

import io.mpsparallel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Lanes on a GPU: one row of the network, operation by operation, so that the host is the limit.
 */
final class ThreadsCuda implements Scenario {
  private static final List<Integer> LANES = List.of(1, 2, 4, 8, 16, 32);
  private static final int CHECKED_LANES = 16;
  private static final int PER_LANE = 300;
  private static final String EAGER = "path.mode=eager";
  private static final String STREAMS = "streams.capacity=64";
  private static final String EXACT = "cuda.tf32=false";

  @Override
  public String name() {
    return "threads-cuda";
  }

  @Override
  public String purpose() {
    return "1 to 32 lanes on a GPU (--device cuda:0), eager, and their answers";
  }

  @Override
  public int rounds() {
    return 3;
  }

  @Override
  public double seconds() {
    return 0.6;
  }

  /** A way of asking so many lanes. */
  private enum Way {
    ASYNC("depth auto, async"),
    ASYNC_DEPTH_1("depth 1, async"),
    BLOCKED("depth auto, blocked");

    private final String label;

    Way(String label) {
      this.label = label;
    }

    String cell(int lanes) {
      return "lanes " + lanes + ", " + label;
    }

    Cell cell(int lanes, int depth, Job job) {
      int slots = this == ASYNC ? depth : 1;
      return this == BLOCKED
          ? Cell.blocked(cell(lanes), job, lanes)
          : Cell.async(cell(lanes), job, 2 * lanes * slots);
    }
  }

  @Override
  public void run(ScenarioRun run) {
    Tensor row = run.input(1, 1);
    List<Cell> cells = new ArrayList<>();
    int depth = autoDepth(run.options().device());
    for (int lanes : LANES) {
      Job auto = Job.of(rig(run, lanes, "auto").model(), row);
      Job one = Job.of(rig(run, lanes, "1").model(), row);
      cells.add(Way.ASYNC.cell(lanes, depth, auto));
      cells.add(Way.ASYNC_DEPTH_1.cell(lanes, depth, one));
      cells.add(Way.BLOCKED.cell(lanes, depth, auto));
    }
    Rounds rounds = run.rounds(cells);
    run.report().say("Async: 2 x lanes x depth in flight; depth auto is " + depth + ".");
    run.report().section("Throughput", Figures.rates(rounds, cells));
    run.report().section("Ratios, each made within a round", ratios(rounds));
    Correctness.report(run, CHECKED_LANES, PER_LANE, EAGER, STREAMS, EXACT);
  }

  private static Rig rig(ScenarioRun run, int lanes, String depth) {
    return run.rig(
        run.mlp(),
        "strategy=threads",
        "threads.intra-op=1",
        "lanes.count=" + lanes,
        "lanes.depth=" + depth,
        EAGER,
        STREAMS,
        EXACT);
  }

  /** What the engine's facts say about a device; no executor tells. */
  private static int autoDepth(String device) {
    return device.startsWith("cuda") ? 8 : device.startsWith("mps") ? 2 : 1;
  }

  private static Table ratios(Rounds rounds) {
    Table table = Figures.targets();
    for (Way way : Way.values()) {
      addRatio(table, rounds, way, 8, 1, 2.7);
      addRatio(table, rounds, way, 16, 8, 1);
    }
    return table;
  }

  private static void addRatio(
      Table table, Rounds rounds, Way way, int many, int few, double least) {
    Figures.add(
        table,
        way.label + ": lanes " + many + " / " + few,
        rounds.ratio(way.cell(many), way.cell(few)),
        Target.atLeast(least));
  }
}
