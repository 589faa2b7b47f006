package io.mpsparallel.cli;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
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

/** {@code run}: a model on tensors from NumPy files. One thread. */
@Command(
    name = "run",
    description = "Runs a model on tensors from NumPy files, and measures it.",
    footer = {
      "",
      "Examples:",
      "  mps-parallel run encoder.pt --input x=in.npy --output out.npz",
      "  mps-parallel run mlp.pt --input x=mlp.npz[b1_in_x] --concurrency 4 --repeat 1000"
    })
final class RunCommand implements Callable<Integer> {
  private static final Duration NO_LIMIT = Duration.ofDays(365);

  private final Engines engines;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private SettingsOptions options = new SettingsOptions();

  @Parameters(paramLabel = "MODEL", description = "The model file, such as encoder.pt.")
  private @Nullable Path model;

  @Option(
      names = "--input",
      paramLabel = "INPUT",
      required = true,
      converter = InputConverter.class,
      description = {
        "[NAME=]FILE.npy, [NAME=]FILE.npz[KEY], or FILE.npz for one input per array, by name.",
        "Without names, inputs are taken in their order."
      })
  private List<InputArgument> inputs = new ArrayList<>();

  @Option(
      names = "--output",
      paramLabel = "FILE.npz",
      description = "Where to write the outputs of the first request.")
  private @Nullable Path output;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads that call at once (default: ${DEFAULT-VALUE}).")
  private int concurrency;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "Requests, all threads together (default: one for each thread).")
  private @Nullable Long repeat;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "0",
      description = "Requests before the measurement (default: ${DEFAULT-VALUE}).")
  private int warmup;

  @Option(
      names = "--watch",
      description = "Reads the file of --config again whenever it changes, and works by it.")
  private boolean watch;

  static final class InputConverter implements ITypeConverter<InputArgument> {
    @Override
    public InputArgument convert(String value) {
      try {
        return InputArgument.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  RunCommand(Engines engines) {
    this.engines = engines;
  }

  @Override
  public Integer call() {
    long requests = requests();
    try (NamedTensors tensors = InputArgument.read(inputs);
        InferenceExecutor executor = engines.executor(options.settings());
        LoadedModel loaded = executor.load(requireNonNull(model, "model"))) {
      ConfigWatch watching = watching(executor);
      try {
        run(loaded, tensors, requests, executor);
      } finally {
        if (watching != null) {
          watching.close();
        }
      }
    }
    return ExitCodes.OK;
  }

  private void run(
      LoadedModel loaded, NamedTensors tensors, long requests, InferenceExecutor executor) {
    for (int i = 0; i < warmup; i++) {
      loaded.infer(InferenceRequest.of(tensors)).close();
    }
    print(executor, measure(loaded, tensors, requests));
  }

  /** Null if nothing is watched. */
  private @Nullable ConfigWatch watching(InferenceExecutor executor) {
    if (!watch) {
      return null;
    }
    PrintWriter err = spec().commandLine().getErr();
    return new ConfigWatch(
        requireNonNull(options.file(), "file"),
        options::settings,
        executor::reconfigure,
        text -> {
          err.println(text);
          err.flush();
        });
  }

  private long requests() {
    check("--concurrency", concurrency, 1, 1024);
    if (watch && options.file() == null) {
      throw new ParameterException(spec().commandLine(), "--watch: there is no --config FILE");
    }
    check("--warmup", warmup, 0, Integer.MAX_VALUE);
    long requests = repeat == null ? concurrency : repeat;
    check("--repeat", requests, 1, Long.MAX_VALUE);
    return requests;
  }

  private void check(String option, long value, long min, long max) {
    if (value < min || value > max) {
      throw new ParameterException(
          spec().commandLine(), option + ": " + value + " (expected: " + min + ".." + max + ")");
    }
  }

  private Callers.Measured measure(LoadedModel loaded, NamedTensors tensors, long requests) {
    InferenceRequest request = InferenceRequest.of(tensors);
    AtomicReference<@Nullable InferenceResult> first = new AtomicReference<>();
    Callers.Call call =
        (caller, index) -> {
          InferenceResult result = loaded.infer(request);
          if (index == 0) {
            first.set(result);
          } else {
            result.close();
          }
        };
    try {
      Callers callers = new Callers(concurrency, requests, NO_LIMIT, Ticker.SYSTEM, call);
      Callers.Measured measured = measure(callers, requests);
      write(requireNonNull(first.get(), "the first result"));
      return measured;
    } finally {
      InferenceResult result = first.get();
      if (result != null) {
        result.close();
      }
    }
  }

  private Callers.Measured measure(Callers callers, long requests) {
    if (!ProgressBar.isTerminal()) {
      return callers.run(Callers.Progress.NONE);
    }
    try (ProgressBar bar = new ProgressBar(spec().commandLine().getErr(), requests)) {
      return callers.run(bar);
    }
  }

  private void write(InferenceResult result) {
    PrintWriter out = spec().commandLine().getOut();
    List<String> names = NpzWriter.names(result.outputs());
    TextTable table = new TextTable("output", "shape");
    for (int i = 0; i < names.size(); i++) {
      table.row(names.get(i), result.tensor(i).spec());
    }
    out.print(table.render());
    if (output != null) {
      NpzWriter.write(output, result.outputs());
      out.println("written to " + output);
    }
    out.println();
  }

  private void print(InferenceExecutor executor, Callers.Measured measured) {
    PrintWriter out = spec().commandLine().getOut();
    out.print(
        new TextTable("device", "strategy", "callers", "requests", "requests/s", "p50", "p99")
            .row(
                executor.device(),
                executor.strategy(),
                concurrency,
                measured.requests(),
                Numbers.rate(measured.perSecond()),
                Numbers.millis(measured.percentile(50)),
                Numbers.millis(measured.percentile(99)))
            .render());
    out.flush();
  }

  private CommandSpec spec() {
    return requireNonNull(spec, "spec");
  }
}
