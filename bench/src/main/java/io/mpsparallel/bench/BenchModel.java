package io.mpsparallel.bench;

import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * A model file of a benchmark, in a folder of its own, and what its answers must be. Closing it
 * deletes both. One thread.
 *
 * @param name {@code mlp}, the demo's network, or {@code identity}
 * @param folder where it is
 */
record BenchModel(String name, Path folder) implements AutoCloseable {
  static final String MLP = "mlp";
  static final String IDENTITY = "identity";

  private static final int[] WIDTHS = {512, 1024, 1024, 512};
  private static final long SEED = 2026;

  /** Writes the model of a name. */
  static BenchModel write(String name) throws IOException {
    BenchModel made = new BenchModel(name, Files.createTempDirectory("mps-parallel-jmh-"));
    switch (name) {
      case MLP -> ScriptModels.mlp(made.file(), SEED, WIDTHS);
      case IDENTITY -> ScriptModels.identity(made.file());
      default -> throw new IllegalArgumentException(name + " (expected: mlp, identity)");
    }
    return made;
  }

  /** {@return the file} */
  Path file() {
    return folder.resolve(name + ".pt");
  }

  /** {@return an input of either model, of seeded values, that the caller closes} */
  static Tensor input(int rows) {
    Random random = new Random(SEED);
    float[] values = new float[rows * WIDTHS[0]];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, rows, WIDTHS[0]);
  }

  /**
   * Compares an answer with what plain Java computes.
   *
   * @throws IllegalStateException if it is wrong
   */
  void check(Tensor input, InferenceResult answer) {
    float[] expected = right(input.toFloatArray());
    double off = Answers.difference(answer.tensor().toFloatArray(), expected);
    if (off > Answers.TOLERANCE) {
      throw new IllegalStateException(name + ": an answer is off by " + off);
    }
  }

  private float[] right(float[] values) {
    if (!name.equals(MLP)) {
      return values;
    }
    List<float[]> weights = ScriptModels.mlpWeights(SEED, WIDTHS);
    float[] now = values;
    for (int layer = 1; layer < WIDTHS.length; layer++) {
      boolean last = layer == WIDTHS.length - 1;
      now = linear(now, weights.get(2 * layer - 2), weights.get(2 * layer - 1), last);
    }
    return now;
  }

  /** One layer, of which each output has a row of weights; with ReLU unless it is the last. */
  private static float[] linear(float[] values, float[] weights, float[] bias, boolean last) {
    int width = weights.length / bias.length;
    int rows = values.length / width;
    float[] outputs = new float[rows * bias.length];
    for (int i = 0; i < outputs.length; i++) {
      int unit = i % bias.length;
      double sum = bias[unit];
      for (int k = 0; k < width; k++) {
        sum += (double) weights[unit * width + k] * values[i / bias.length * width + k];
      }
      outputs[i] = (float) (last ? sum : Math.max(0, sum));
    }
    return outputs;
  }

  @Override
  public void close() throws IOException {
    Files.delete(file());
    Files.delete(folder);
  }
}
