package io.mpsparallel.bench;

import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** How soon workers are there, what they take of memory, and how soon a killed one is replaced. */
final class ProcessesStarts implements Scenario {
  private static final List<Integer> WORKERS = List.of(1, 4, 8);
  private static final int KILLS = 15;
  private static final long ARCHIVE_NANOS = TimeUnit.SECONDS.toNanos(20);

  @Override
  public String name() {
    return "processes-starts";
  }

  @Override
  public String purpose() {
    return "start and memory of 1, 4 and 8 workers with 201 MB of weights, and a kill";
  }

  @Override
  public int rounds() {
    return 3;
  }

  @Override
  public double seconds() {
    return 1;
  }

  @Override
  public void run(ScenarioRun run) {
    Path weights = run.largeMlp();
    try (Rig first = run.shortRig(weights, settings(1))) {
      first.model().whenReady().join(); // unpacks, and shares weights
      boolean archived = awaitArchive();
      run.report().say("Archive of classes, which needs a class path of jars: " + archived);
    }
    Table starts =
        new Table("workers", "all ready after, ms", "min...max", "Pss of all, MB", "GPU, MB");
    for (int workers : WORKERS) {
      addStarts(run, weights, workers, starts);
    }
    run.report().section("From nothing to the last worker's first answer", starts);
    run.report().section("Targets, times in ms", targets(run));
  }

  /** One more child makes it once the worker serves; then that child is gone. */
  private static boolean awaitArchive() {
    Path archives = Path.of(System.getProperty("user.home"), ".cache/mps-parallel/cds");
    long end = System.nanoTime() + ARCHIVE_NANOS;
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      String[] files = archives.toFile().list((folder, name) -> name.endsWith(".jsa"));
      boolean making = ProcessHandle.current().children().count() > 1;
      if (!making && files != null && files.length > 0) {
        return true;
      }
    }
    return false;
  }

  private static String[] settings(int workers) {
    return new String[] {
      "strategy=processes", "processes.workers=" + workers, "threads.intra-op=1"
    };
  }

  private static void addStarts(ScenarioRun run, Path weights, int workers, Table table) {
    int rounds = run.options().rounds();
    double[] millis = new double[rounds];
    double[] megabytes = new double[rounds];
    String before = ChildMemory.gpuMegabytes();
    String after = before;
    for (int i = 0; i < rounds; i++) {
      long start = System.nanoTime();
      try (Rig rig = run.shortRig(weights, settings(workers))) {
        rig.model().whenReady().join();
        millis[i] = millisSince(start);
        megabytes[i] = ChildMemory.pssMegabytes();
        after = ChildMemory.gpuMegabytes();
      }
      run.progress(workers + " workers: " + millis[i] + " ms, " + megabytes[i] + " MB");
    }
    Spread time = Spread.of(millis);
    table.row(
        workers,
        Spread.number(time.median()),
        time.range(),
        Spread.number(Spread.of(megabytes).median()),
        before.equals(after) ? "-" : before + " -> " + after);
  }

  private static Table targets(ScenarioRun run) {
    Table table = Figures.targets();
    double[] millis = new double[KILLS];
    Tensor row = run.input(1, 1);
    try (Rig rig = run.shortRig(run.mlp(), settings(1))) {
      Job job = Job.of(rig.model(), row);
      job.infer(0);
      for (int i = 0; i < KILLS; i++) {
        killAll();
        long start = System.nanoTime();
        job.infer(i);
        millis[i] = millisSince(start);
      }
    }
    run.progress("killed to answered: " + Arrays.toString(millis));
    String name = "the only worker killed, to the next answer";
    Figures.add(table, name, Spread.of(millis), Target.atMost(1000));
    return table;
  }

  private static void killAll() {
    ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
  }

  private static double millisSince(long start) {
    return (double) (System.nanoTime() - start) / TimeUnit.MILLISECONDS.toNanos(1);
  }
}
