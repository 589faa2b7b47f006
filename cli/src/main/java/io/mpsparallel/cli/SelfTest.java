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

  /** Every row times every row, without weights. */
  private static final String PRODUCTS =
      "def forward(self, x: Tensor) -> Tensor:\n  return torch.relu(torch.matmul(x, torch.t(x)))\n";

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

  /** Products that Java can follow, and the time of a network like the others'. */
  private Outcome cpu(WorkFolder folder, Device device) {
    Path products = folder.file("products.pt");
    engines.writeScript(products, PRODUCTS);
    float[] input = input(ROWS * WIDTHS[0]);
    float[] found = forward(device, products, input, ROWS, 1).values;
    double difference = difference(found, productsByHand(input));
    Answer timed = forward(device, mlp(folder), input, ROWS, RUNS);
    return compared(device, "Java", timed, Math.max(difference, finite(timed.values)));
  }

  /** What {@link #PRODUCTS} gives, in double precision. */
  private static float[] productsByHand(float[] input) {
    int width = WIDTHS[0];
    float[] result = new float[ROWS * ROWS];
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < ROWS; j++) {
        double sum = 0;
        for (int k = 0; k < width; k++) {
          sum += (double) input[i * width + k] * input[j * width + k];
        }
        result[i * ROWS + j] = (float) Math.max(0, sum);
      }
    }
    return result;
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
