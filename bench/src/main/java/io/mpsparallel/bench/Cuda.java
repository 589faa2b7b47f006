package io.mpsparallel.bench;

import io.mpsparallel.mps.RawLane;
import io.mpsparallel.mps.RawMemory;
import io.mpsparallel.mps.RawShares;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** The library on a GPU beside hand-written loops and Python, in one run. */
final class Cuda implements Scenario {
  private static final double PERCENT = 100;

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String purpose() {
    return "the library on a GPU (--device cuda:0) beside hand-written loops and Python";
  }

  @Override
  public int rounds() {
    return 2;
  }

  @Override
  public double seconds() {
    return 0.5;
  }

  @Override
  public void run(ScenarioRun run) {
    Set<CudaPart> parts = CudaPart.of(run.options().only());
    List<PythonCell> python = PythonCell.read(run.options().python());
    try (Rig rig = run.shortRig(run.identity(), "strategy=threads")) {
      run.progress("ready: " + rig.model().state()); // and the report has its head
    }
    List<CudaCase> models = CudaCase.all(run);
    if (models.isEmpty()) {
      run.report().say("Nothing to measure: --models names no folder with models.");
      run.report().mustHold(false);
    }
    Table shares =
        new Table(
            "model", "path", "us", "copies", "launch", "wait", "span us", "kernels us", "kernels");
    models.forEach(model -> measure(run, parts, model, python, shares));
    if (parts.contains(CudaPart.SHARES)) {
      run.report().section("Where the time of a one-row call goes", shares);
    }
  }

  private static void measure(
      ScenarioRun run, Set<CudaPart> parts, CudaCase model, List<PythonCell> python, Table shares) {
    List<PythonCell> others =
        python.stream().filter(cell -> cell.model().equals(model.name())).toList();
    Set<CudaPart> loops = EnumSet.of(CudaPart.RAW, CudaPart.THREADS);
    loops.retainAll(parts);
    if (!loops.isEmpty()) {
      part(run, model, loops.toString(), stage -> blocked(run, stage, loops, others));
    }
    if (parts.contains(CudaPart.INFLIGHT)) {
      part(run, model, "in flight", stage -> inFlight(run, stage));
    }
    if (parts.contains(CudaPart.BATCHING) && !model.name().equals(CudaCase.MOBILENET)) {
      part(run, model, "batching", stage -> batching(run, stage));
    }
    if (parts.contains(CudaPart.ROWS)) {
      part(run, model, "rows", stage -> rows(run, stage));
    }
    if (parts.contains(CudaPart.SIZES)) {
      part(run, model, "sizes", stage -> sizes(run, stage));
    }
    if (parts.contains(CudaPart.GPUS)) {
      part(run, model, "GPUs", stage -> gpus(run, stage));
    }
    if (parts.contains(CudaPart.SHARES)) {
      part(run, model, "shares", stage -> shares(run, stage, shares));
    }
  }

  /** What fails is said, and the other parts go on. */
  private static void part(
      ScenarioRun run, CudaCase model, String name, Consumer<CudaStage> measure) {
    try {
      staged(run, model, measure);
    } catch (RuntimeException e) {
      run.report().say(model.name() + ", " + name + ": FAILED: " + e);
      run.report().mustHold(false);
    }
  }

  private static void staged(ScenarioRun run, CudaCase model, Consumer<CudaStage> measure) {
    boolean onGpu = CudaLoops.isOnGpu(run);
    try (CudaStage stage = new CudaStage(run, model)) {
      measure.accept(stage);
      if (onGpu) {
        run.report().say(String.format(Locale.ROOT, "GPU memory: %.1f GiB.", RawMemory.usedGib()));
      }
    }
    if (onGpu) {
      RawMemory.release();
    }
  }

  private static void blocked(
      ScenarioRun run, CudaStage stage, Set<CudaPart> loops, List<PythonCell> python) {
    if (loops.contains(CudaPart.RAW)) {
      CudaLoops.addTo(stage, run);
    }
    if (loops.contains(CudaPart.THREADS)) {
      CudaThreads.addBlocked(stage, run);
    }
    Rounds rounds = stage.measure();
    Table rates = Figures.rates(rounds, stage.cells());
    python.forEach(cell -> cell.addTo(rates));
    run.report().section(stage.model().name() + ": blocked callers and raw loops", rates);
    targets(
        run, stage, rounds, CudaTargets.ofBlocked(stage.model().name(), PythonCell.best(python)));
  }

  private static void inFlight(ScenarioRun run, CudaStage stage) {
    CudaThreads.addInFlight(stage);
    measure(run, stage, "more in flight than lanes", CudaTargets.ofInFlight(stage.model().name()));
  }

  private static void batching(ScenarioRun run, CudaStage stage) {
    CudaThreads.addBatching(stage);
    String what = "one-row requests, 16 clients x 64 in flight";
    measure(run, stage, what, CudaTargets.ofBatching(stage.model().name()));
  }

  private static void rows(ScenarioRun run, CudaStage stage) {
    CudaThreads.addRows(stage, run);
    String what = "calls of more rows, as many lanes as callers";
    measure(run, stage, what, CudaTargets.ofRows(stage.model().name()));
  }

  private static void sizes(ScenarioRun run, CudaStage stage) {
    CudaThreads.addSizes(stage);
    measure(run, stage, "one-row requests and sizes of batches", CudaTargets.ofSizes());
  }

  private static void gpus(ScenarioRun run, CudaStage stage) {
    int count = CudaLoops.isOnGpu(run) ? RawMemory.gpus() : 0;
    if (count < 2) {
      run.report().say(stage.model().name() + ": no second GPU: nothing is spread.");
      return;
    }
    CudaThreads.addGpus(stage);
    measure(run, stage, "one row, on one GPU and on all " + count, CudaTargets.ofGpus());
  }

  private static void measure(
      ScenarioRun run, CudaStage stage, String what, List<CudaFigure> figures) {
    Rounds rounds = stage.measure();
    String title = stage.model().name() + ": " + what;
    run.report().section(title, Figures.rates(rounds, stage.cells()));
    targets(run, stage, rounds, figures);
  }

  private static void targets(
      ScenarioRun run, CudaStage stage, Rounds rounds, List<CudaFigure> figures) {
    String model = stage.model().name();
    Table table = Figures.targets();
    figures.forEach(figure -> figure.addTo(table, model, rounds));
    run.report().section(model + ": figures, each made within a round", table);
  }

  private static void shares(ScenarioRun run, CudaStage stage, Table table) {
    boolean onGpu = CudaLoops.isOnGpu(run);
    RawLane lane = CudaLoops.open(stage, run, 1).get(0);
    add(table, stage.model().name(), CudaCells.EAGER, RawShares.eager(lane, onGpu));
    if (onGpu) {
      lane.capture();
      add(table, stage.model().name(), CudaCells.GRAPH, RawShares.graph(lane));
    }
  }

  private static void add(Table table, String model, String path, RawShares shares) {
    double total = shares.total();
    table.row(
        model,
        path,
        Spread.number(total),
        percent(shares.copies() / total),
        percent(shares.launch() / total),
        percent(shares.waiting() / total),
        micros(shares.span()),
        micros(shares.kernels()),
        percent(shares.kernels() / total));
  }

  private static String micros(double value) {
    return Double.isNaN(value) ? "-" : Spread.number(value);
  }

  private static String percent(double share) {
    return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.0f%%", PERCENT * share);
  }
}
