package io.mpsparallel.bench;

import io.mpsparallel.mps.HandWritten;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** One-row requests through batching, threads, and what others offer. */
final class BatchingThroughput implements Scenario {
  private static final int ROWS = 64; // of a batch
  private static final String HAND_WRITTEN = "hand-written, forwards of 64 rows";
  private static final String BATCHING = "batching";
  private static final String THREADS = "threads";
  private static final List<String> STRATEGIES = List.of(BATCHING, THREADS);

  private final int cpus = Runtime.getRuntime().availableProcessors();

  @Override
  public String name() {
    return "batching-throughput";
  }

  @Override
  public String purpose() {
    return "one row of an MLP: batching beside threads, naive threads, DJL and ONNX Runtime";
  }

  @Override
  public int rounds() {
    return 5;
  }

  @Override
  public double seconds() {
    return 0.5;
  }

  @Override
  public void run(ScenarioRun run) {
    Path mlp = run.mlp();
    Tensor row = run.input(1, 1);
    Tensor none = run.open(() -> Tensor.of(new float[16], 1, 16));
    List<Cell> cells = new ArrayList<>();
    float[] right = {};
    for (String strategy : STRATEGIES) {
      Rig rig = run.rig(mlp, "strategy=" + strategy, "queue.capacity=16384");
      addLoads(cells, strategy, Job.of(rig.model(), row));
      right = answer(rig, row);
      Rig idle = run.rig(run.identity(), "strategy=" + strategy);
      cells.add(Cell.blocked(identity(strategy), Job.of(idle.model(), none), 1));
    }
    HandWritten code = run.open(() -> new HandWritten(mlp));
    Tensor rows = run.input(ROWS, 1);
    cells.add(new Cell(HAND_WRITTEN, time -> handWritten(code, rows, time)));
    List<Contender> peers = peers(run, row.toFloatArray(), right);
    addPeers(cells, peers);
    report(run, cells, run.rounds(cells), peers);
  }

  private static float[] answer(Rig rig, Tensor row) {
    try (InferenceResult result = rig.model().infer(row)) {
      return result.tensor().toFloatArray();
    }
  }

  private static void addLoads(List<Cell> cells, String strategy, Job job) {
    cells.add(Cell.clients(clients(strategy, 64), job, 2, 32));
    cells.add(Cell.async(async(strategy, 64), job, 64));
    cells.add(Cell.blocked(blocked(strategy, 64), job, 64));
    cells.add(Cell.clients(clients(strategy, 8), job, 2, 4));
    cells.add(Cell.async(async(strategy, 8), job, 8));
    cells.add(Cell.blocked(blocked(strategy, 8), job, 8));
    cells.add(Cell.async(async(strategy, 256), job, 256));
    cells.add(Cell.blocked(blocked(strategy, 1), job, 1));
  }

  private static String clients(String strategy, int inFlight) {
    return strategy + ", 2 clients x " + inFlight / 2;
  }

  private static String async(String strategy, int inFlight) {
    return strategy + ", async " + inFlight;
  }

  private static String blocked(String strategy, int callers) {
    return strategy + ", blocked " + callers;
  }

  private static String identity(String strategy) {
    return strategy + ", identity, blocked 1";
  }

  /** Rows per second of as many threads as there are CPUs, as if each row were a request. */
  private Measured handWritten(HandWritten code, Tensor rows, Duration time) {
    Measured forwards =
        BlockedLoop.run(request -> code.forward(rows), cpus, Limit.time(time), Ticker.SYSTEM);
    Histogram none = Measured.histogram();
    return new Measured(forwards.answers() * ROWS, forwards.elapsed(), none, none);
  }

  private List<Contender> peers(ScenarioRun run, float[] row, float[] right) {
    PeerTuning tuning = new PeerTuning(run, row, right, cpus);
    List<Contender> peers =
        List.of(
            tuning.best("naive", PeerSetting.naive(run.mlp())),
            tuning.best("DJL", PeerSetting.djl(run.mlp(), cpus)),
            tuning.best("ONNX Runtime", PeerSetting.onnxRuntime(run.onnxMlp(), cpus)));
    tuning.report();
    return peers;
  }

  private static void addPeers(List<Cell> cells, List<Contender> peers) {
    for (Contender peer : peers) {
      cells.add(peer.cell());
      cells.add(peer.blockedCell(64));
      cells.add(peer.blockedCell(8));
    }
  }

  private static void report(
      ScenarioRun run, List<Cell> cells, Rounds rounds, List<Contender> peers) {
    run.report().section("Throughput", Figures.rates(rounds, cells));
    Table table = Figures.targets();
    addAtBest(table, rounds, peers.get(1).best(), 3, 2.7, 1.05);
    addAtBest(table, rounds, peers.get(2).best(), 1.8, 1.55, 0);
    addAtBest(table, rounds, peers.get(0).best(), 0, 0, 0);
    addSame(table, rounds, peers);
    Figures.add(
        table,
        async(BATCHING, 256) + " / " + HAND_WRITTEN,
        rounds.ratio(async(BATCHING, 256), HAND_WRITTEN),
        Target.atLeast(0.9));
    run.report().section("Ratios, each made within a round", table);
    run.report().section("A lone caller, in us", lone(rounds));
  }

  /** Ours over a peer at its best; 0 is no target. */
  private static void addAtBest(
      Table table, Rounds rounds, String peer, double async, double blocked, double few) {
    add(table, rounds, clients(BATCHING, 64), peer, async);
    add(table, rounds, async(BATCHING, 64), peer, async);
    add(table, rounds, blocked(BATCHING, 64), peer, blocked);
    add(table, rounds, clients(BATCHING, 8), peer, few);
    add(table, rounds, async(BATCHING, 8), peer, few);
    add(table, rounds, blocked(BATCHING, 8), peer, few);
  }

  /** Ours over others at the same load. */
  private static void addSame(Table table, Rounds rounds, List<Contender> peers) {
    for (int callers : new int[] {64, 8}) {
      for (Contender peer : peers) {
        add(table, rounds, blocked(BATCHING, callers), peer.blocked(callers), 0);
      }
      add(table, rounds, blocked(BATCHING, callers), blocked(THREADS, callers), 0);
      add(table, rounds, async(BATCHING, callers), async(THREADS, callers), 0);
    }
  }

  private static void add(Table table, Rounds rounds, String ours, String base, double least) {
    Target target = least == 0 ? null : Target.atLeast(least);
    Figures.add(table, ours + " / " + base, rounds.ratio(ours, base), target);
  }

  private static Table lone(Rounds rounds) {
    Table table = Figures.targets();
    for (String strategy : STRATEGIES) {
      for (String cell : List.of(identity(strategy), blocked(strategy, 1))) {
        Figures.add(table, cell + ", p50", rounds.micros(cell, 50), null);
        Figures.add(table, cell + ", p99", rounds.micros(cell, 99), null);
      }
    }
    String with = identity(BATCHING);
    String without = identity(THREADS);
    for (int percentile : new int[] {50, 99}) {
      Spread more =
          rounds.spread(
              round -> round.at(with).micros(percentile) - round.at(without).micros(percentile));
      Target target = percentile == 50 ? Target.atMost(3) : null;
      Figures.add(table, "batching - threads, identity, p" + percentile, more, target);
    }
    return table;
  }
}
