package io.mpsparallel.cli;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Small networks of which the right answer is known, run on each device: the CPU's numbers are
 * compared with Java's, and those of other devices with the CPU's. One thread.
 */
final class SelfTest {
  /** The largest difference that is let through. */
  static final double TOLERANCE = 1e-4;

  private static final int RUNS = 9;
  private static final int ROWS = 8;
  private static final int[] WIDTHS = {64, 128, 128, 32};
  private static final int[] AFFINE = {3, 4};

  private final Engines engines;
  private final Backend backend;
  private final Ticker ticker;

  /**
   * What became of the test on one device.
   *
   * @param device the device
   * @param comparedWith whose numbers were taken for right
   * @param maxDifference the largest difference to those, or NaN if it never came so far
   * @param time of one forward, the median of several
   * @param failure what went wrong, or empty
   */
  record Outcome(
      Device device, String comparedWith, double maxDifference, Duration time, String failure) {
    boolean passed() {
      return failure.isEmpty();
    }
  }

  private static final class Answer {
    final float[] values;
    final Duration time;

    Answer(float[] values, Duration time) {
      this.values = values;
      this.time = time;
    }
  }

  SelfTest(Engines engines, Backend backend, Ticker ticker) {
    this.engines = engines;
    this.backend = backend;
    this.ticker = ticker;
  }

  /** {@return the outcomes in the order of the engine's devices; failures are outcomes as well} */
  List<Outcome> run() {
    List<Outcome> outcomes = new ArrayList<>();
    for (Device device : backend.devices()) {
      String reference = device.isCpu() ? "Java" : "cpu";
      try (WorkFolder folder = new WorkFolder()) {
        outcomes.add(device.isCpu() ? cpu(folder, device) : other(folder, device));
      } catch (InferenceException e) {
        outcomes.add(
            new Outcome(
                device, reference, Double.NaN, Duration.ZERO, String.valueOf(e.getMessage())));
      }
    }
    return outcomes;
  }

  private Outcome other(WorkFolder folder, Device device) {
    Path file = mlp(folder);
    float[] input = input(ROWS * WIDTHS[0]);
    float[] right = forward(Device.CPU, file, input, ROWS, 1).values;
    Answer answer = forward(device, file, input, ROWS, RUNS);
    return compared(device, "cpu", answer, difference(answer.values, right));
  }

  /** The numbers of a layer that Java can follow, and the time of a network like the others'. */
  private Outcome cpu(WorkFolder folder, Device device) {
    Path affine = folder.file("affine.pt");
    engines.writeMlp(affine, 11, AFFINE);
    float[] input = probes();
    int rows = input.length / AFFINE[0];
    float[] found = forward(device, affine, input, rows, 1).values;
    float[] row = Arrays.copyOfRange(found, found.length - AFFINE[1], found.length);
    double difference = difference(row, byHand(input, found));
    Answer timed = forward(device, mlp(folder), input(ROWS * WIDTHS[0]), ROWS, RUNS);
    return compared(device, "Java", timed, Math.max(difference, finite(timed.values)));
  }

  private Path mlp(WorkFolder folder) {
    Path file = folder.file("mlp.pt");
    engines.writeMlp(file, 7, WIDTHS);
    return file;
  }

  private static Outcome compared(Device device, String with, Answer answer, double maxDifference) {
    String failure =
        maxDifference <= TOLERANCE
            ? ""
            : "differs by " + maxDifference + " (expected: at most " + TOLERANCE + ")";
    return new Outcome(device, with, maxDifference, answer.time, failure);
  }

  // ---- one layer by hand ----

  /** Rows that show a layer's weights: all zero, then a single 1 in each place; and one to test. */
  private static float[] probes() {
    int width = AFFINE[0];
    float[] rows = new float[(width + 2) * width];
    for (int i = 0; i < width; i++) {
      rows[(i + 1) * width + i] = 1;
      rows[(width + 1) * width + i] = 0.25f * (i + 1);
    }
    return rows;
  }

  /** What the layer must give for the last row, going by what it gave for the others. */
  private static float[] byHand(float[] input, float[] found) {
    int in = AFFINE[0];
    int out = AFFINE[1];
    float[] expected = new float[out];
    for (int o = 0; o < out; o++) {
      double bias = found[o];
      double sum = bias;
      for (int i = 0; i < in; i++) {
        sum += input[(in + 1) * in + i] * (found[(i + 1) * out + o] - bias);
      }
      expected[o] = (float) sum;
    }
    return expected;
  }

  // ---- running and comparing ----

  private Answer forward(Device device, Path file, float[] input, int rows, int runs) {
    ExecutorSettings settings = ExecutorSettings.DEFAULTS.withDevice(device.toString());
    long[] nanos = new long[runs];
    float[] values = {};
    try (InferenceExecutor executor =
            InferenceExecutor.builder().settings(settings).backend(backend).build();
        LoadedModel model = executor.load(file);
        Tensor tensor = Tensor.of(input, rows, input.length / rows)) {
      for (int i = 0; i < runs; i++) {
        long before = ticker.nanos();
        try (InferenceResult result = model.infer(tensor)) {
          nanos[i] = ticker.nanos() - before;
          values = result.tensor().toFloatArray();
        }
      }
    }
    Arrays.sort(nanos);
    return new Answer(values, Duration.ofNanos(nanos[runs / 2]));
  }

  private static float[] input(int length) {
    Random random = new Random(5);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** {@return the largest difference; infinite if the lengths differ or a value is no number} */
  static double difference(float[] found, float[] right) {
    if (found.length != right.length) {
      return Double.POSITIVE_INFINITY;
    }
    double largest = 0;
    for (int i = 0; i < found.length; i++) {
      double difference = Math.abs((double) found[i] - right[i]);
      if (!Double.isFinite(difference)) {
        return Double.POSITIVE_INFINITY;
      }
      largest = Math.max(largest, difference);
    }
    return largest;
  }

  private static double finite(float[] values) {
    return difference(values, values);
  }
}
