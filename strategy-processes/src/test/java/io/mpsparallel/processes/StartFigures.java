package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.ProcessSettings.Launch;
import io.mpsparallel.settings.ThreadSettings;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/**
 * Measures what workers cost: the time from a start to the first answer, and memory (Pss, of Linux
 * alone). A program for a machine on which nothing else runs:
 *
 * <pre>java -cp JARS io.mpsparallel.processes.StartFigures torch MODEL INPUTS CACHE</pre>
 */
final class StartFigures {
  private final Launcher launcher;
  private final String engine;
  private final int inputs;

  private StartFigures(Launcher launcher, String engine, int inputs) {
    this.launcher = launcher;
    this.engine = engine;
    this.inputs = inputs;
  }

  /**
   * Prints figures.
   *
   * @param args the engine's id, a model of one input, the input's width, a cache directory
   */
  public static void main(String[] args) throws Exception {
    try (Launcher launcher = Launcher.of(settings(args[3]))) {
      StartFigures figures = new StartFigures(launcher, args[0], Integer.parseInt(args[2]));
      figures.measure(ModelSource.of(Path.of(args[1])));
    }
    System.exit(0);
  }

  private static ExecutorSettings settings(String cache) {
    Launch launch = new Launch(64L << 20, Duration.ofSeconds(60), true, cache);
    return ExecutorSettings.DEFAULTS
        .withProcesses(ProcessSettings.DEFAULTS.withLaunch(launch))
        .withBackendSettings(BackendSettings.DEFAULTS.withThreads(new ThreadSettings(1, 1)));
  }

  private void measure(ModelSource model) throws Exception {
    SharedWeights.Shared shared;
    try (Child writer = new Child(Child.get(launcher.start("writer", 1)))) {
      writer.openEngine(engine);
      launcher.engineOpened();
      long began = System.nanoTime();
      shared = writer.share(model, launcher.weights());
      System.out.printf("share: %d ms%n", millisSince(began));
      began = System.nanoTime();
      writer.share(model, launcher.weights());
      System.out.printf("share again: %d ms%n", millisSince(began));
    }
    measure(1, shared, "shared, no archive");
    long began = System.nanoTime();
    boolean made = Child.get(launcher.makeArchive(engine, shared.source()));
    System.out.printf("archive: %s after %d ms%n", made, millisSince(began));
    SharedWeights.Shared none = null;
    for (int workers : List.of(1, 4, 8)) {
      measure(workers, none, "no model");
      measure(workers, shared, "shared");
      measure(workers, shared, "shared");
    }
    for (int workers : List.of(1, 4)) {
      measure(workers, new SharedWeights.Shared(model, FileDigest.UNKNOWN), "not shared");
    }
  }

  private void measure(int workers, SharedWeights.Shared model, String what) throws Exception {
    var threads = Executors.newFixedThreadPool(workers);
    List<CompletableFuture<Long>> starts = new ArrayList<>();
    List<Child> children = new ArrayList<>();
    for (int i = 0; i < workers; i++) {
      String name = "w" + i;
      starts.add(CompletableFuture.supplyAsync(() -> start(name, model, children), threads));
    }
    List<Long> millis = starts.stream().map(CompletableFuture::join).sorted().toList();
    long pssKib = 0;
    long cpuMillis = 0;
    for (Child child : children) {
      pssKib += pssKib(child);
      cpuMillis += cpuMillis(child);
    }
    System.out.printf(
        "%d x %s: ready %s ms, CPU %d ms each, Pss %d MB%n",
        workers, what, millis, cpuMillis / workers, pssKib * 1024 / 1_000_000);
    children.forEach(Child::close);
    threads.shutdown();
  }

  private long start(String name, SharedWeights.Shared model, List<Child> children) {
    long began = System.nanoTime();
    try {
      Child child = new Child(Child.get(launcher.start(name, 1)));
      child.openEngine(engine);
      long opened = millisSince(began);
      child.link().ask(FrameKind.FACTS, 0, body -> ValueCodec.put(body, Device.CPU)).close();
      if (model != null) {
        child.load(model.source(), model.digest());
        long loaded = millisSince(began);
        runOnce(child);
        System.out.printf(
            "  %s: open %d, load %d, first forward %d ms%n",
            name, opened, loaded - opened, millisSince(began) - loaded);
      }
      long millis = millisSince(began);
      synchronized (children) {
        children.add(child);
      }
      return millis;
    } catch (LinkLost e) {
      throw new IllegalStateException(e);
    }
  }

  private void runOnce(Child child) throws LinkLost {
    try (NamedTensors given =
        NamedTensors.of(
            List.of("x"), List.of(Tensor.allocate(TensorSpec.of(DType.FLOAT32, 1, inputs))))) {
      Region body = child.link().allocate(BodyWriter.bytesFor(given));
      new BodyWriter(child.link().memory(body)).put(given);
      child.link().send(FrameKind.RUN, Child.MODEL, body, 1 << 16);
      child.receive();
    }
  }

  private static long millisSince(long began) {
    return (System.nanoTime() - began) / 1_000_000;
  }

  /** User and system time so far; what is left is waiting. */
  private static long cpuMillis(Child child) {
    return ProcessHandle.of(child.process.pid())
        .flatMap(process -> process.info().totalCpuDuration())
        .orElse(Duration.ZERO)
        .toMillis();
  }

  private static long pssKib(Child child) throws IOException {
    Path rollup = Path.of("/proc", String.valueOf(child.process.pid()), "smaps_rollup");
    try (var lines = Files.lines(rollup)) {
      return lines
          .filter(line -> line.startsWith("Pss:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    }
  }
}
