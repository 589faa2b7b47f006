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
    description = "Makes a small network, runs it for 1 to 8 callers, and says how fast it was.")
final class DemoCommand implements Callable<Integer> {
  private static final long SEED = 2026;

  private final Engines engines;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private SettingsOptions options = new SettingsOptions();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "12",
      description = "For how long to measure, all in all (default: ${DEFAULT-VALUE}).")
  private double seconds;

  DemoCommand(Engines engines) {
    this.engines = engines;
  }

  @Override
  public Integer call() {
    if (!(seconds > 0 && seconds <= 3600)) {
      throw new ParameterException(
          spec().commandLine(), "--seconds: " + seconds + " (expected: more than 0, up to 3600)");
    }
    ExecutorSettings settings = options.settings();
    List<String> strategies = strategies(settings);
    int measurements = strategies.size() * Demo.CALLERS.size() * Demo.ROWS.size();
    Duration each = Duration.ofNanos((long) (seconds * 1e9 / measurements));
    Demo demo = new Demo(each, Ticker.SYSTEM);
    List<Demo.Line> lines = new ArrayList<>();
    try (WorkFolder folder = new WorkFolder()) {
      Path file = folder.file("mlp.pt");
      engines.writeMlp(file, SEED, Demo.WIDTHS);
      for (String strategy : strategies) {
        lines.addAll(measure(demo, each, settings.withStrategy(strategy), file, lines.isEmpty()));
      }
    }
    PrintWriter out = spec().commandLine().getOut();
    out.println(DemoText.table(lines));
    out.println(DemoText.conclusions(lines, demo.maxDifference()));
    printNextSteps(out);
    out.flush();
    return ExitCodes.OK;
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
    out.println("  mps-parallel run MODEL.pt --input x=IN.npy --output OUT.npz --concurrency 4");
    out.println("                                                 your own model and tensors");
  }

  private CommandSpec spec() {
    return requireNonNull(spec, "spec");
  }
}
