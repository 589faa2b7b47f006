package io.mpsparallel.bench;

import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Two lanes beside one, many requests in flight beside few, and both beside naive threads. */
final class ThreadsScaling implements Scenario {
  private static final List<Integer> IN_FLIGHT = List.of(1, 2, 4, 8, 32);
  private static final List<Integer> NAIVE_THREADS = List.of(1, 2, 4, 8);
  private static final List<String> STYLES = List.of("async", "blocked");

  @Override
  public String name() {
    return "threads-scaling";
  }

  @Override
  public String purpose() {
    return "one row of an MLP on 1 and 2 lanes, and on naive threads over the presets";
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
    List<Cell> cells = new ArrayList<>();
    for (int lanes = 1; lanes <= 2; lanes++) {
      Rig rig = run.rig(mlp, "strategy=threads", "threads.intra-op=1", "lanes.count=" + lanes);
      addOurs(cells, lanes, Job.of(rig.model(), row));
    }
    for (Blas blas : Blas.values()) {
      PeerChild child = run.open(() -> Peers.naive(mlp, blas));
      child.answer(row.toFloatArray());
      for (int threads : NAIVE_THREADS) {
        cells.add(new Cell(naive(blas, threads), time -> child.run(threads, time)));
      }
    }
    report(run, cells, run.rounds(cells));
  }

  private static void addOurs(List<Cell> cells, int lanes, Job job) {
    for (int inFlight : IN_FLIGHT) {
      cells.add(Cell.async(ours(lanes, "async", inFlight), job, inFlight));
      cells.add(Cell.blocked(ours(lanes, "blocked", inFlight), job, inFlight));
    }
  }

  private static String ours(int lanes, String style, int inFlight) {
    return "lanes " + lanes + ", " + style + " " + inFlight;
  }

  private static String naive(Blas blas, int threads) {
    return "naive " + blas.label() + ", threads " + threads;
  }

  private static void report(ScenarioRun run, List<Cell> cells, Rounds rounds) {
    run.report().section("Throughput", Figures.rates(rounds, cells));
    Table table = Figures.targets();
    List<String> names = cells.stream().map(Cell::name).toList();
    addLanes(table, rounds, names);
    addInFlight(table, rounds, those(names, name -> name.startsWith("lanes")));
    addNaive(table, rounds);
    run.report().section("Ratios, each made within a round", table);
  }

  private static List<String> those(List<String> names, Predicate<String> which) {
    return names.stream().filter(which).toList();
  }

  private static void addLanes(Table table, Rounds rounds, List<String> names) {
    List<String> one = those(names, name -> name.startsWith("lanes 1"));
    List<String> two = those(names, name -> name.startsWith("lanes 2"));
    Figures.add(
        table,
        "lanes 2 / lanes 1, the best of each",
        rounds.spread(round -> round.best(two) / round.best(one)),
        Target.atLeast(1.9));
    for (String style : STYLES) {
      for (int inFlight : IN_FLIGHT) {
        String name = "lanes 2 / lanes 1, " + style + " " + inFlight;
        String few = ours(1, style, inFlight);
        String many = ours(2, style, inFlight);
        Figures.add(table, name, rounds.ratio(many, few), null);
      }
    }
  }

  private static void addInFlight(Table table, Rounds rounds, List<String> ours) {
    for (String style : STYLES) {
      for (int inFlight : IN_FLIGHT.subList(2, IN_FLIGHT.size())) {
        String cell = ours(2, style, inFlight);
        Figures.add(
            table,
            cell + " / best of ours",
            rounds.spread(round -> round.rate(cell) / round.best(ours)),
            Target.atLeast(style.equals("async") ? 0.97 : 0.93));
      }
    }
  }

  private static void addNaive(Table table, Rounds rounds) {
    for (Blas blas : Blas.values()) {
      for (int threads : NAIVE_THREADS.subList(1, NAIVE_THREADS.size())) {
        String cell = naive(blas, threads);
        Figures.add(table, cell + " / 1", rounds.ratio(cell, naive(blas, 1)), null);
      }
    }
  }
}
