package io.mpsparallel.cli;

import static java.util.Objects.requireNonNull;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code bench}: strategies beside each other, for a model of the user's own. One thread. */
@Command(
    name = "bench",
    description = "Compares strategies on a model under load, and says which to use.",
    footer = {
      "",
      "Examples:",
      "  mps-parallel bench mlp.pt --shape 1x512 --callers 1,8,64 --report mlp.html",
      "  mps-parallel bench bert.pt --shape 1x32:int64 --shape 1x32:int64 --client async",
      "  mps-parallel bench mlp.pt --shape 1x512 --rate 2000 --json mlp.json"
    })
final class BenchCommand implements Callable<Integer> {
  private final Engines engines;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private SettingsOptions options = new SettingsOptions();

  @Parameters(paramLabel = "MODEL", description = "The model file, such as encoder.pt.")
  private @Nullable Path model;

  @Option(
      names = "--shape",
      paramLabel = "SHAPE",
      required = true,
      converter = ShapeConverter.class,
      description = "[NAME=]1x512[:DTYPE], rows first, for each input; --rows sets the rows.")
  private List<BenchInput> shapes = new ArrayList<>();

  @Option(
      names = "--strategies",
      paramLabel = "ID",
      split = ",",
      description = "What to compare (default: all that are installed, and adaptive).")
  private List<String> strategies = List.of();

  @Option(
      names = "--callers",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,8,64",
      description = "Callers at once, each a load of its own (default: ${DEFAULT-VALUE}).")
  private List<Integer> callers = List.of();

  @Option(
      names = "--client",
      paramLabel = "KIND",
      defaultValue = "blocking",
      description = "blocking: threads that wait; async: one thread with N in flight.")
  private String client = "blocking";

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "1",
      description = "Rows of a request (default: ${DEFAULT-VALUE}).")
  private int rows;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      defaultValue = "1s",
      description = "For how long each load is applied in a round (default: ${DEFAULT-VALUE}).")
  private String duration = "1s";

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Rounds; figures are their medians (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "Requests a second that come whether or not there are answers.")
  private @Nullable Double rate;

  @Option(names = "--json", paramLabel = "FILE", description = "Where to write the figures.")
  private @Nullable Path json;

  @Option(names = "--report", paramLabel = "FILE.html", description = "Where to write a report.")
  private @Nullable Path report;

  static final class ShapeConverter implements ITypeConverter<BenchInput> {
    @Override
    public BenchInput convert(String value) {
      try {
        return BenchInput.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  BenchCommand(Engines engines) {
    this.engines = engines;
  }

  @Override
  public Integer call() {
    BenchPlan plan = plan();
    checkFiles();
    BenchResults results = measured(plan);
    if (json != null) {
      OutputFile.write(json, results.json());
    }
    if (report != null) {
      OutputFile.write(report, new BenchReport(results).html());
    }
    print(results);
    return results.cells().stream().allMatch(cell -> cell.errors() == 0)
        ? ExitCodes.OK
        : ExitCodes.FAILED;
  }

  // ---- what was asked for ----

  private BenchPlan plan() {
    check(callers.stream().allMatch(n -> n >= 1 && n <= 4096), "--callers: " + callers, "1..4096");
    check(rows >= 1 && rows <= 65536, "--rows: " + rows, "1..65536");
    check(rounds >= 1 && rounds <= 100, "--rounds: " + rounds, "1..100");
    check(rate == null || rate > 0, "--rate: " + rate, "more than 0");
    double perSecond = rate == null ? 0 : rate;
    List<Integer> loads = callers.stream().distinct().sorted().toList();
    return new BenchPlan(client(), loads, perSecond, rows, time(), rounds);
  }

  private BenchPlan.Client client() {
    List<String> known = List.of("blocking", "async");
    check(known.contains(client), "--client: " + client, "blocking or async");
    return rate != null
        ? BenchPlan.Client.OPEN
        : BenchPlan.Client.valueOf(client.toUpperCase(Locale.ROOT));
  }

  private Duration time() {
    check(duration.matches("\\d{1,6}(ms|s)"), "--duration: " + duration, "500ms, 3s");
    boolean millis = duration.endsWith("ms");
    long number = Long.parseLong(duration.substring(0, duration.length() - (millis ? 2 : 1)));
    check(number > 0, "--duration: " + duration, "more than 0");
    return millis ? Duration.ofMillis(number) : Duration.ofSeconds(number);
  }

  private void check(boolean holds, String found, String expected) {
    if (!holds) {
      throw new ParameterException(spec().commandLine(), found + " (expected: " + expected + ")");
    }
  }

  /** What cannot be written is told before anything is measured. */
  private void checkFiles() {
    check(json == null || OutputFile.isWritable(json), "--json: " + json, OutputFile.EXPECTED);
    check(
        report == null || OutputFile.isWritable(report),
        "--report: " + report,
        OutputFile.EXPECTED);
    boolean same = json != null && report != null && OutputFile.same(json, report);
    check(!same, "--report: " + report, "another file than that of --json");
  }

  private List<String> chosen() {
    if (!strategies.isEmpty()) {
      return strategies.stream().distinct().toList();
    }
    List<String> all = new ArrayList<>(engines.strategies());
    all.add("adaptive");
    all.remove("single");
    return all;
  }

  // ---- measuring ----

  private BenchResults measured(BenchPlan plan) {
    Path file = requireNonNull(model, "model");
    try (BenchRun run = new BenchRun(engines, options.settings(), file, chosen());
        Steps steps = new Steps(spec().commandLine().getErr(), plan.steps(run.size()))) {
      return run.measure(plan, shapes, steps);
    }
  }

  // ---- telling ----

  private void print(BenchResults results) {
    PrintWriter out = spec().commandLine().getOut();
    out.print(results.table());
    out.println();
    BenchAdvice advice = new BenchAdvice(results);
    advice.lines().forEach(out::println);
    out.println(advice.hocon());
    if (json != null) {
      out.println("figures: " + json);
    }
    if (report != null) {
      out.println("report: " + report);
    }
    out.flush();
  }

  private CommandSpec spec() {
    return requireNonNull(spec, "spec");
  }
}
