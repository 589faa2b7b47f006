package io.mpsparallel.bench;

import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What one run of a scenario works with: models in a folder of its own, executors, and the report.
 * Closing it closes the executors and deletes the folder. One thread.
 */
final class ScenarioRun implements AutoCloseable {
  /** Sizes of input, hidden layers and output of the network that most scenarios use. */
  private static final int[] WIDTHS = {512, 1024, 1024, 512};

  private static final int[] LARGE_WIDTHS = {512, 6600, 6600, 512};

  private static final long SEED = 2026;

  /** Some threads of linear algebra spin for a while when they have nothing to do. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  private static final Duration SHORT_PAUSE = Duration.ofMillis(10);

  private final ScenarioOptions options;
  private final Report report;
  private final PrintWriter progress;
  private final Path folder;
  private final Set<Path> files = new HashSet<>();
  private final Deque<Runnable> closers = new ArrayDeque<>();

  ScenarioRun(ScenarioOptions options, Report report, PrintWriter progress) {
    this.options = options;
    this.report = report;
    this.progress = progress;
    try {
      folder = Files.createTempDirectory("mps-parallel-scenario-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ScenarioOptions options() {
    return options;
  }

  Report report() {
    return report;
  }

  /** {@return a file with the network of 512-1024-1024-512 units; always the same weights} */
  Path mlp() {
    return once("mlp.pt", file -> ScriptModels.mlp(file, SEED, WIDTHS));
  }

  /** {@return the same network, which says that its rows are independent, and warms up with one} */
  Path describedMlp() {
    once("described.json", ScenarioRun::describe);
    return once("described.pt", file -> ScriptModels.mlp(file, SEED, WIDTHS));
  }

  /** {@return a file with a network of 201 MB of weights, and the shape that it warms up with} */
  Path largeMlp() {
    once("large.json", ScenarioRun::describe);
    return once("large.pt", file -> ScriptModels.mlp(file, SEED, LARGE_WIDTHS));
  }

  private static Path describe(Path file) {
    String text =
        "{\"inputs\": [{\"name\": \"x\", \"dtype\": \"float32\", \"shape\": [-1, 512]}],"
            + " \"independent-rows\": true, \"warm-up\": [{\"x\": [1, 512]}]}";
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return a file with the same network, weights and all, for other engines} */
  Path onnxMlp() {
    return once(
        "mlp.onnx", file -> OnnxMlp.write(file, ScriptModels.mlpWeights(SEED, WIDTHS), WIDTHS));
  }

  /** {@return a file with a model that returns its input} */
  Path identity() {
    return once("identity.pt", ScriptModels::identity);
  }

  /** {@return a file with a model of TorchScript source} */
  Path script(String name, String source) {
    return once(name, file -> ScriptModels.script(file, source));
  }

  /**
   * {@return a copy of a model of the options' folder, with a description beside it, or null if
   * there is no such file}
   */
  @Nullable Path given(String name, String description) {
    Path models = options.models();
    Path from = models == null ? null : models.resolve(name + ".pt");
    if (from == null || !Files.isRegularFile(from)) {
      return null;
    }
    once(name + ".json", file -> written(file, description));
    return once(name + ".pt", file -> copied(from, file));
  }

  private static Path written(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path copied(Path from, Path to) {
    try {
      return Files.copy(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path once(String name, UnaryOperator<Path> write) {
    Path file = folder.resolve(name);
    return files.add(file) ? write.apply(file) : file;
  }

  /** {@return an input of the network, of seeded values, closed at the end} */
  Tensor input(int rows, long seed) {
    Random random = new Random(seed);
    float[] values = new float[rows * WIDTHS[0]];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return open(() -> Tensor.of(values, rows, WIDTHS[0]));
  }

  /**
   * Opens an executor that stays open to the end.
   *
   * @param model the file of its model
   * @param settings of its own; they win over those of the command line
   * @return the executor with its model
   */
  Rig rig(Path model, String... settings) {
    return open(() -> shortRig(model, settings));
  }

  /** As {@link #rig}, for an executor that the caller closes. */
  Rig shortRig(Path model, String... settings) {
    List<String> all = new ArrayList<>(List.of("device=\"" + options.device() + "\""));
    all.addAll(options.settings());
    all.addAll(List.of(settings));
    Rig rig = Rig.open(model, all);
    report.begin(options.command(), rig.executor().report());
    return rig;
  }

  /** {@return something made now and closed at the end, the last one first} */
  <T extends AutoCloseable> T open(Supplier<T> maker) {
    T made = maker.get();
    closers.push(() -> closeQuietly(made));
    return made;
  }

  private void closeQuietly(AutoCloseable made) {
    try {
      made.close();
    } catch (Exception e) {
      progress.println(made + " could not be closed: " + e);
    }
  }

  /** Measures cells in rounds of its own. */
  Rounds rounds(List<Cell> cells, int rounds, Duration time) {
    return Rounds.run(cells, rounds, time, PAUSE, progress);
  }

  /** Measures cells in rounds, as the options say. */
  Rounds rounds(List<Cell> cells) {
    return rounds(cells, options.rounds(), options.time());
  }

  /** Measures groups of cells in rounds, as the options say, with hardly a pause. */
  Rounds groups(List<List<Cell>> groups) {
    return Rounds.runGroups(groups, options.rounds(), options.time(), SHORT_PAUSE, progress);
  }

  /** Tells who watches. */
  void progress(String line) {
    progress.println(line);
  }

  /** {@return a time, or the time of the options if that is less} */
  Duration atMost(Duration time) {
    return time.compareTo(options.time()) < 0 ? time : options.time();
  }

  @Override
  public void close() {
    closers.forEach(Runnable::run);
    try {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      progress.println(folder + " could not be deleted: " + e);
    }
  }
}
