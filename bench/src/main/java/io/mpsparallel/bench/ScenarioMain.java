package io.mpsparallel.bench;

import static java.util.Objects.requireNonNull;

import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bin/mps-parallel scenario}: runs one scenario and prints its report. */
@Command(
    name = "mps-parallel scenario",
    mixinStandardHelpOptions = true,
    description = "Measures a strategy under load and prints a report in Markdown.")
public final class ScenarioMain implements Callable<Integer> {
  private static final Path RESULTS = Path.of(System.getProperty("bench.results", "bench/results"));

  private static final List<Scenario> SCENARIOS =
      List.of(
          new ThreadsScaling(),
          new ThreadsEfficiency(),
          new ThreadsHandover(),
          new ThreadsFairness(),
          new ThreadsOverload(),
          new ThreadsCuda(),
          new Cuda(),
          new BatchingThroughput(),
          new BatchingOpenLoop(),
          new BatchingFlood(),
          new ProcessesCosts(),
          new ProcessesScaling(),
          new ProcessesStarts(),
          new ProcessesChaos(),
          new AdaptiveRegret(),
          new AdaptiveMixed(),
          new AdaptiveShift(),
          new Limits(),
          new Quick(RESULTS),
          new Pages(RESULTS));

  private final List<String> arguments;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "Which scenario; none lists them.")
  private @Nullable String name;

  @Option(names = "--rounds", paramLabel = "N", description = "How often everything is measured.")
  private @Nullable Integer rounds;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "For how long each thing is measured in each round.")
  private @Nullable Double seconds;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "Where models run (default: ${DEFAULT-VALUE}).")
  private String device = "cpu";

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting of all executors, where the scenario has none of its own.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description =
          "A folder of models: mobilenet_v3_small.pt, bert_tiny.pt; for cuda also mlp.pt.")
  private @Nullable Path models;

  @Option(
      names = "--only",
      paramLabel = "PART",
      split = ",",
      description =
          "With cuda: raw, threads, inflight, batching, rows, sizes, gpus, shares; with"
              + " adaptive-regret: rows and models; none means all.")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--python",
      paramLabel = "FILE",
      description = "With cuda: what gpu/cuda_python.py has measured.")
  private @Nullable Path python;

  @Option(
      names = "--write",
      description = "With quick: writes the ratios that later runs are compared with.")
  private boolean write;

  private ScenarioMain(List<String> arguments) {
    this.arguments = arguments;
  }

  /**
   * Runs a scenario and ends the JVM: with 0 if it could be measured, 1 if it failed or answers
   * were wrong or, with quick, a ratio too low, 2 if the command line makes no sense.
   *
   * @param args the name of the scenario, and options
   */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, Charset.defaultCharset());
    PrintWriter err = new PrintWriter(System.err, true, Charset.defaultCharset());
    System.exit(execute(out, err, args));
  }

  /** As {@link #main}, without ending the JVM. */
  static int execute(PrintWriter out, PrintWriter err, String... args) {
    return new CommandLine(new ScenarioMain(List.of(args)))
        .setOverwrittenOptionsAllowed(true) // scripts have options, and people have their own
        .setOut(out)
        .setErr(err)
        .execute(args);
  }

  @Override
  public Integer call() {
    Scenario chosen =
        SCENARIOS.stream().filter(each -> each.name().equals(name)).findAny().orElse(null);
    CommandLine line = requireNonNull(spec, "spec").commandLine();
    if (chosen == null) {
      list(line.getErr());
      return line.getCommandSpec().exitCodeOnInvalidInput();
    }
    Report report = new Report(line.getOut());
    report.say("# " + chosen.name() + ": " + chosen.purpose());
    try (ScenarioRun run = new ScenarioRun(options(chosen), report, line.getErr())) {
      chosen.run(run);
    }
    report.say("Load after: " + Machine.load() + ".");
    return report.isWrong() ? 1 : 0;
  }

  private void list(PrintWriter err) {
    err.println(name == null ? "Scenarios:" : name + ": no such scenario. There are:");
    SCENARIOS.forEach(each -> err.printf("  %-20s %s%n", each.name(), each.purpose()));
  }

  private ScenarioOptions options(Scenario scenario) {
    double each = seconds == null ? scenario.seconds() : seconds;
    return new ScenarioOptions(
        "bin/mps-parallel scenario " + String.join(" ", arguments),
        device,
        rounds == null ? scenario.rounds() : rounds,
        Duration.ofNanos((long) (each * 1e9)),
        settings,
        models,
        only,
        python,
        write);
  }
}
