package io.mpsparallel.cli;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.config.ModelDescription;
import io.mpsparallel.config.ProfileFile;
import io.mpsparallel.config.ProfileFile.Measurement;
import io.mpsparallel.policy.Choice;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.settings.ExecutorSettings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code calibrate}: measures what {@code adaptive} chooses from, and writes it down. */
@Command(
    name = "calibrate",
    description = "Measures a model with each choice of adaptive, for adaptive.profile.",
    footer = {
      "",
      "Examples:",
      "  mps-parallel calibrate mlp.pt --shape x=512 --out mlp.profile.json",
      "  mps-parallel calibrate bert.pt --shape input_ids=32 --shape attention_mask=32"
    })
final class CalibrateCommand implements Callable<Integer> {
  private final Engines engines;
  private Map<String, String> facts = Map.of();

  @Spec private @Nullable CommandSpec spec;

  @Mixin private SettingsOptions options = new SettingsOptions();

  @Parameters(paramLabel = "MODEL", description = "The model file, such as encoder.pt.")
  private @Nullable Path model;

  @Option(
      names = "--shape",
      paramLabel = "NAME=DIMS",
      required = true,
      description = "An input and the shape of one row of it, without the rows: x=3x224x224.")
  private Map<String, String> shapes = new LinkedHashMap<>();

  @Option(
      names = "--rows",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,8,64",
      description = "Rows in a request (default: ${DEFAULT-VALUE}).")
  private List<Integer> rows = List.of();

  @Option(
      names = "--callers",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,4,16,64",
      description = "Callers at once (default: ${DEFAULT-VALUE}); rows x callers: at most 512.")
  private List<Integer> callers = List.of();

  @Option(
      names = "--choices",
      paramLabel = "ID",
      split = ",",
      description = "What to measure (default: all that is installed).")
  private List<String> choices = List.of();

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "0.5",
      description = "For how long each figure is measured (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The profile (default: MODEL.profile.json).")
  private @Nullable Path out;

  CalibrateCommand(Engines engines) {
    this.engines = engines;
  }

  @Override
  public Integer call() {
    Grid grid = grid();
    List<Choice> chosen = chosen();
    Path file = requireNonNull(model, "model");
    List<Grid.Cell> cells = new ArrayList<>();
    for (Choice choice : chosen) {
      measure(grid, choice, file, chosen.size() * grid.cells(), cells);
    }
    Path written = out == null ? Path.of(file + ".profile.json") : out;
    profile(file, cells).write(written);
    PrintWriter print = spec().commandLine().getOut();
    print.print(table(chosen, cells));
    print.println("written to " + written + ": use it with adaptive.profile");
    print.flush();
    return ExitCodes.OK;
  }

  // ---- what was asked for ----

  private Grid grid() {
    check(seconds > 0 && seconds <= 3600, "--seconds: " + seconds, "more than 0, up to 3600");
    check(rows.stream().allMatch(n -> n >= 1), "--rows: " + rows, "at least 1");
    check(callers.stream().allMatch(n -> n >= 1 && n <= 1024), "--callers: " + callers, "1..1024");
    Map<String, long[]> dims = new LinkedHashMap<>();
    shapes.forEach((name, text) -> dims.put(name, dims(name, text)));
    return new Grid(dims, rows, callers, Duration.ofNanos((long) (seconds * 1e9)));
  }

  private long[] dims(String name, String text) {
    check(text.matches("\\d{1,9}(x\\d{1,9})*"), "--shape: " + name + "=" + text, "NAME=3x224x224");
    return Arrays.stream(text.split("x", -1)).mapToLong(Long::parseLong).toArray();
  }

  private List<Choice> chosen() {
    List<String> wanted = choices.isEmpty() ? engines.choices() : choices;
    for (String id : wanted) {
      check(Choice.of(id).isPresent(), "--choices: " + id, "some of " + Choice.ALL);
    }
    return wanted.stream().map(id -> Choice.of(id).orElseThrow()).toList();
  }

  private void check(boolean holds, String found, String expected) {
    if (!holds) {
      throw new ParameterException(spec().commandLine(), found + " (expected: " + expected + ")");
    }
  }

  // ---- measuring ----

  private void measure(Grid grid, Choice choice, Path file, int all, List<Grid.Cell> cells) {
    PrintWriter err = spec().commandLine().getErr();
    try (InferenceExecutor executor = engines.executor(settings(choice));
        LoadedModel loaded = executor.load(file)) {
      facts = Grid.facts(executor);
      grid.measure(
          choice.id(),
          loaded,
          cell -> {
            cells.add(cell);
            err.printf("%d of %d: %s%n", cells.size(), all, cell.measurement());
            err.flush();
          });
    }
  }

  /** The executor's settings with one fixed strategy. */
  private ExecutorSettings settings(Choice choice) {
    ExecutorSettings settings = options.settings();
    boolean batched = choice.route() == Plan.Route.BATCHED;
    String over = Choice.THREADS.id();
    if (choice.over() == Plan.Over.PROCESSES) {
      over = Choice.PROCESSES.id();
    }
    return batched
        ? settings
            .withStrategy(Choice.BATCHING.id())
            .withBatching(settings.batching().withOver(over))
        : settings.withStrategy(choice.id());
  }

  private ProfileFile profile(Path file, List<Grid.Cell> cells) {
    Map<String, String> all = new LinkedHashMap<>(facts);
    all.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    List<Measurement> measured = cells.stream().map(Grid.Cell::measurement).toList();
    String name = String.valueOf(file.getFileName());
    String digest = ModelDescription.beside(file).digest();
    return new ProfileFile(all, List.of(new ProfileFile.ModelPart(name, digest, measured)));
  }

  // ---- the table ----

  private static String table(List<Choice> chosen, List<Grid.Cell> cells) {
    List<String> heading = new ArrayList<>(List.of("rows", "callers"));
    chosen.forEach(choice -> heading.add(choice + ", rows/s"));
    heading.add("fastest");
    TextTable table = new TextTable(heading.toArray(String[]::new));
    int lines = cells.size() / chosen.size(); // each choice has the same cells in the same order
    for (int line = 0; line < lines; line++) {
      List<Grid.Cell> row = new ArrayList<>();
      for (int choice = 0; choice < chosen.size(); choice++) {
        row.add(cells.get(choice * lines + line));
      }
      table.row(texts(row));
    }
    return table.render();
  }

  private static Object[] texts(List<Grid.Cell> row) {
    Grid.Cell first = row.get(0);
    List<Object> texts = new ArrayList<>(List.of(first.rows(), first.measurement().callers()));
    Measurement fastest = first.measurement();
    for (Grid.Cell cell : row) {
      texts.add(Numbers.rate(cell.measurement().rowsPerSecond()));
      boolean faster = cell.measurement().rowsPerSecond() > fastest.rowsPerSecond();
      fastest = faster ? cell.measurement() : fastest;
    }
    texts.add(fastest.choice());
    return texts.toArray();
  }

  private CommandSpec spec() {
    return requireNonNull(spec, "spec");
  }
}
