package io.mpsparallel.cli;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.work.Ticker;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code demo}: a network made on the spot, run for several callers at once. One thread. */
@Command(
    name = "demo",
    description = "Makes a small network, runs it by every strategy, and says how fast each was.")
final class DemoCommand implements Callable<Integer> {
  private static final long SEED = 2026;

  /** The part of the time that goes into callers who wait, each in a thread of its own. */
  private static final double FIRST_PART = 0.4;

  private static final List<Integer> LOADS = List.of(1, 8, 64); // requests in flight

  private final Engines engines;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private SettingsOptions options = new SettingsOptions();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "24",
      description = "For how long to measure, all in all (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description =
          "Where to write the report (default: mps-parallel-demo.html among temporary files).")
  private Path report = Path.of(System.getProperty("java.io.tmpdir"), "mps-parallel-demo.html");

  DemoCommand(Engines engines) {
    this.engines = engines;
  }

  @Override
  public Integer call() {
    if (!(seconds > 0 && seconds <= 3600)) {
      throw new ParameterException(
          spec().commandLine(), "--seconds: " + seconds + " (expected: more than 0, up to 3600)");
    }
    if (!OutputFile.isWritable(report)) {
      throw new ParameterException(
          spec().commandLine(), "--report: " + report + " (expected: " + OutputFile.EXPECTED + ")");
    }
    ExecutorSettings settings = options.settings();
    List<String> strategies = strategies(settings);
    int measurements = strategies.size() * Demo.CALLERS.size() * Demo.ROWS.size();
    Duration each = share(FIRST_PART, measurements);
    Demo demo = new Demo(each, Ticker.SYSTEM);
    List<Demo.Line> lines = new ArrayList<>();
    try (WorkFolder folder = new WorkFolder()) {
      Path file = folder.file("mlp.pt");
      engines.writeMlp(file, SEED, Demo.WIDTHS);
      for (String strategy : strategies) {
        lines.addAll(measure(demo, each, settings.withStrategy(strategy), file, lines.isEmpty()));
      }
      out().println(DemoText.table(lines));
      out().println(DemoText.conclusions(lines, demo.maxDifference()));
      out().flush();
      compare(settings, file);
    }
    PrintWriter out = out();
    printNextSteps(out);
    out.flush();
    return ExitCodes.OK;
  }

  private Duration share(double part, int measurements) {
    return Duration.ofNanos((long) (part * seconds * 1e9 / measurements));
  }

  /** The same loads for each strategy, a table, and a report. */
  private void compare(ExecutorSettings settings, Path file) {
    boolean all = settings.strategy().equals(ExecutorSettings.AUTO);
    List<String> compared = all ? engines.compared() : List.of(settings.strategy());
    double rounds = 1.5; // the half is to get warm
    int cells = (int) Math.ceil(rounds * compared.size() * LOADS.size());
    Duration time = share(1 - FIRST_PART, cells);
    BenchPlan plan = new BenchPlan(BenchPlan.Client.ASYNC, LOADS, 0, 1, time, 1);
    out()
        .println("Now with many requests of one row in flight, " + Numbers.millis(time) + " each:");
    out().println();
    out().flush();
    BenchResults results;
    try (BenchRun run = new BenchRun(engines, settings, file, compared);
        Steps steps = new Steps(spec().commandLine().getErr(), plan.steps(run.size()))) {
      results = run.measure(plan, List.of(BenchInput.parse("1x" + Demo.WIDTHS[0])), steps);
    }
    OutputFile.write(report, new BenchReport(results).html());
    out().println(results.table());
    new BenchAdvice(results).lines().forEach(out()::println);
    out().println();
    out().println("Report:   " + report);
    out().println();
  }

  private PrintWriter out() {
    return spec().commandLine().getOut();
  }

  private List<String> strategies(ExecutorSettings settings) {
    boolean all = settings.strategy().equals(ExecutorSettings.AUTO);
    return all ? engines.strategies() : List.of(settings.strategy());
  }

  private List<Demo.Line> measure(
      Demo demo, Duration each, ExecutorSettings settings, Path file, boolean introduce) {
    try (InferenceExecutor executor = engines.executor(settings);
        LoadedModel model = executor.load(file)) {
      if (introduce) {
        printIntroduction(executor, settings, each);
      }
      return demo.run(executor, model);
    }
  }

  private void printIntroduction(
      InferenceExecutor executor, ExecutorSettings settings, Duration each) {
    PrintWriter out = spec().commandLine().getOut();
    String widths =
        Arrays.stream(Demo.WIDTHS).mapToObj(String::valueOf).collect(Collectors.joining("-"));
    boolean chosen = settings.device().equals(ExecutorSettings.AUTO);
    out.println("Made a network of " + widths + " units with random, seeded weights, saved it as");
    out.println("TorchScript, and loaded the file through InferenceExecutor, wired with Guice.");
    out.println();
    out.println(
        "Device:   "
            + executor.device()
            + (chosen ? " (the best that is present)" : " (asked for)"));
    out.println("Strategy: " + String.join(", ", strategies(settings)));
    out.println();
    out.println("Each line: so many callers, each in a thread of its own, call infer with so many");
    out.println("rows in a request, one request after another, for " + Numbers.millis(each) + ".");
    out.println();
    out.flush();
  }

  private static void printNextSteps(PrintWriter out) {
    out.println("What to try next:");
    out.println("  mps-parallel doctor                            is this machine set up right?");
    out.println("  mps-parallel demo --set threads.intra-op=1     one thread inside each forward");
    out.println("  mps-parallel bench MODEL.pt --shape 1x512      the same for your own model");
    out.println("  mps-parallel run MODEL.pt --input x=IN.npy --output OUT.npz --concurrency 4");
    out.println("                                                 your own model and tensors");
  }

  private CommandSpec spec() {
    return requireNonNull(spec, "spec");
  }
}
