package io.mpsparallel.cli;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Runs a model with several numbers of callers and rows, and checks its answers. One thread. */
final class Demo {
  /** Sizes of input, hidden layers and output. */
  static final int[] WIDTHS = {512, 1024, 1024, 512};

  static final List<Integer> CALLERS = List.of(1, 2, 4, 8);
  static final List<Integer> ROWS = List.of(1, 8, 64);

  private final Duration each;
  private final Ticker ticker;
  private double maxDifference;

  /**
   * One line of the table.
   *
   * @param strategy the id of the strategy
   * @param callers threads that called at once
   * @param rows rows of each request
   * @param measured what was measured
   */
  record Line(String strategy, int callers, int rows, Callers.Measured measured) {
    double rowsPerSecond() {
      return rows * measured.perSecond();
    }
  }

  /**
   * Prepares a demonstration.
   *
   * @param each for how long each line is measured
   * @param ticker the clock
   */
  Demo(Duration each, Ticker ticker) {
    this.each = each;
    this.ticker = ticker;
  }

  /**
   * Measures one strategy.
   *
   * @param executor what runs the model
   * @param model the model, with {@link #WIDTHS}
   * @return a line for each number of callers and rows
   * @throws InferenceException if a call fails, or answers are no numbers or differ
   */
  List<Line> run(InferenceExecutor executor, LoadedModel model) {
    List<Line> lines = new ArrayList<>();
    for (int rows : ROWS) {
      try (Tensor input = input(rows)) {
        float[] right = warmUp(model, input);
        for (int callers : CALLERS) {
          lines.add(
              new Line(executor.strategy(), callers, rows, measure(model, input, callers, right)));
        }
      }
    }
    return lines;
  }

  /** {@return the largest difference between two answers to the same question so far} */
  double maxDifference() {
    return maxDifference;
  }

  private static Tensor input(int rows) {
    Random random = new Random(rows);
    float[] values = new float[rows * WIDTHS[0]];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, rows, WIDTHS[0]);
  }

  /** A tenth of the time goes into getting warm; the last answer is what others must agree with. */
  private float[] warmUp(LoadedModel model, Tensor input) {
    Callers.Call call = (caller, request) -> model.infer(input).close();
    new Callers(1, Long.MAX_VALUE, each.dividedBy(10), ticker, call).run(Callers.Progress.NONE);
    try (InferenceResult result = model.infer(input)) {
      return result.tensor().toFloatArray();
    }
  }

  private Callers.Measured measure(LoadedModel model, Tensor input, int callers, float[] right) {
    AtomicReferenceArray<@Nullable InferenceResult> last = new AtomicReferenceArray<>(callers);
    try {
      Callers.Call call = (caller, request) -> close(last.getAndSet(caller, model.infer(input)));
      Callers.Measured measured =
          new Callers(callers, Long.MAX_VALUE, each, ticker, call).run(Callers.Progress.NONE);
      for (int i = 0; i < callers; i++) {
        check(last.get(i), right);
      }
      return measured;
    } finally {
      for (int i = 0; i < callers; i++) {
        close(last.get(i));
      }
    }
  }

  private void check(@Nullable InferenceResult result, float[] right) {
    if (result == null) {
      return; // so short a time that this caller never had its turn
    }
    double difference = SelfTest.difference(result.tensor().toFloatArray(), right);
    maxDifference = Math.max(maxDifference, difference);
    if (difference > SelfTest.TOLERANCE) {
      throw new InferenceException(
          ErrorCode.NATIVE_FAILURE,
          "two answers to the same question differ by "
              + difference
              + " (expected: at most "
              + SelfTest.TOLERANCE
              + "); 'mps-parallel doctor' may say why");
    }
  }

  private static void close(@Nullable InferenceResult result) {
    if (result != null) {
      result.close();
    }
  }
}
