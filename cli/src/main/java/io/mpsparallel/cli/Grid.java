package io.mpsparallel.cli;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.config.ProfileFile.Measurement;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Rows in a request x callers, measured one after another: each caller submits, waits for the
 * answer and submits the next. One thread.
 *
 * @param shapes the shape of one row of each input, without the rows; by name, or, if the model
 *     names none, by position: {@code 0}, {@code 1} ...
 * @param rows how many rows a request has
 * @param callers how many callers there are
 * @param each for how long each is measured, after half as long to get warm
 */
record Grid(Map<String, long[]> shapes, List<Integer> rows, List<Integer> callers, Duration each) {
  /** More rows in flight than that take memory, and are no usual load. */
  static final int MOST_ROWS_IN_FLIGHT = 512;

  /**
   * A figure.
   *
   * @param rows rows of a request
   * @param measurement what was measured
   */
  record Cell(int rows, Measurement measurement) {}

  /** {@return how many figures it has for one choice} */
  int cells() {
    return (int)
        rows.stream().flatMap(row -> callers.stream().filter(caller -> fits(row, caller))).count();
  }

  private static boolean fits(int row, int caller) {
    return row * (long) caller <= MOST_ROWS_IN_FLIGHT;
  }

  /**
   * Measures one choice.
   *
   * @param choice its id
   * @param model the model, in an executor that has only that choice
   * @param found hears of each figure
   */
  void measure(String choice, LoadedModel model, Consumer<Cell> found) {
    for (int row : rows) {
      try (NamedTensors inputs = inputs(model.signature(), row)) {
        long bytes = inputs.tensors().stream().mapToLong(one -> one.spec().byteLength()).sum();
        for (int caller : callers) {
          if (fits(row, caller)) {
            double rate = row * rate(model, inputs, caller);
            found.accept(new Cell(row, new Measurement(choice, bytes, caller, rate)));
          }
        }
      }
    }
  }

  private NamedTensors inputs(Signature signature, int row) {
    Map<String, long[]> whole = new LinkedHashMap<>();
    shapes.forEach((name, dims) -> whole.put(name, withRows(row, dims)));
    Map<String, TensorSpec> specs = WarmUp.of(List.of(whole)).specs(signature).get(0);
    return WarmUp.inputs(specs, signature);
  }

  private static long[] withRows(int row, long[] dims) {
    long[] whole = new long[dims.length + 1];
    whole[0] = row;
    System.arraycopy(dims, 0, whole, 1, dims.length);
    return whole;
  }

  private double rate(LoadedModel model, NamedTensors inputs, int caller) {
    Callers.Call call =
        (number, request) -> model.submit(InferenceRequest.of(inputs.share())).join().close();
    run(caller, each.dividedBy(2), call);
    return run(caller, each, call).perSecond();
  }

  private static Callers.Measured run(int caller, Duration time, Callers.Call call) {
    return new Callers(caller, Long.MAX_VALUE, time, Ticker.SYSTEM, call)
        .run(Callers.Progress.NONE);
  }

  /** {@return the facts of an executor that a profile keeps} */
  static Map<String, String> facts(InferenceExecutor executor) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    facts.put("cpus", String.valueOf(Runtime.getRuntime().availableProcessors()));
    facts.put("jdk", System.getProperty("java.runtime.version"));
    facts.put("device", executor.device().toString());
    facts.putAll(executor.report().facts());
    return facts;
  }
}
