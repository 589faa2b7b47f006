package io.mpsparallel.mps;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes small TorchScript models, for demonstrations, benchmarks and tests that need no file of
 * their own. Loads libtorch. Any thread.
 */
public final class ScriptModels {
  private ScriptModels() {}

  /**
   * Writes a stack of linear layers with ReLU between them. Weights are uniform in ±sqrt(1/inputs),
   * as PyTorch initialises them, and a function of the seed alone.
   *
   * @param file where to
   * @param seed of the weights
   * @param widths the size of the input, of each hidden layer, and of the output
   * @return the file
   */
  public static Path mlp(Path file, long seed, int... widths) {
    StringBuilder source = new StringBuilder("def forward(self, x: Tensor) -> Tensor:\n");
    List<float[]> weights = mlpWeights(seed, widths);
    for (int layer = 1; layer < widths.length; layer++) {
      String linear = "torch.linear(x, self.w" + layer + ", self.b" + layer + ")";
      boolean last = layer == widths.length - 1;
      source.append("  x = ").append(last ? linear : "torch.relu(" + linear + ")").append('\n');
    }
    TorchRuntime.load();
    try (QualifiedName name = new QualifiedName("__torch__.Mlp");
        JitModule module = new JitModule(name)) {
      for (int layer = 1; layer < widths.length; layer++) {
        register(module, "w" + layer, weights.get(2 * layer - 2), widths[layer], widths[layer - 1]);
        register(module, "b" + layer, weights.get(2 * layer - 1), widths[layer]);
      }
      return save(module, source.append("  return x\n").toString(), file);
    }
  }

  /**
   * Makes the weights of {@link #mlp}, for who wants the same network in another form.
   *
   * @param seed of the weights
   * @param widths the size of the input, of each hidden layer, and of the output
   * @return for each layer its matrix, one row for each of its outputs, and then its bias
   */
  public static List<float[]> mlpWeights(long seed, int... widths) {
    List<float[]> weights = new ArrayList<>();
    Random random = new Random(seed);
    for (int layer = 1; layer < widths.length; layer++) {
      double bound = Math.sqrt(1.0 / widths[layer - 1]);
      weights.add(uniform(random, widths[layer] * widths[layer - 1], bound));
      weights.add(uniform(random, widths[layer], bound));
    }
    return weights;
  }

  private static float[] uniform(Random random, int count, double bound) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    return values;
  }

  private static void register(JitModule module, String name, float[] values, long... shape) {
    try (io.mpsparallel.tensor.Tensor memory = io.mpsparallel.tensor.Tensor.of(values, shape);
        Tensor view = TorchSlot.view(memory)) {
      module.register_parameter(name, view.clone(), false); // the module keeps it
    }
  }

  /**
   * Writes a model that returns its one input.
   *
   * @param file where to
   * @return the file
   */
  public static Path identity(Path file) {
    return script(file, "def forward(self, x: Tensor) -> Tensor:\n  return x\n");
  }

  /**
   * Writes a model without weights from TorchScript source.
   *
   * @param file where to
   * @param source one or more methods, {@code forward} among them, in TorchScript
   * @return the file
   */
  public static Path script(Path file, String source) {
    TorchRuntime.load();
    try (QualifiedName name = new QualifiedName("__torch__.Script");
        JitModule module = new JitModule(name)) {
      return save(module, source, file);
    }
  }

  private static Path save(JitModule module, String source, Path file) {
    try {
      module.define(source);
      module.eval();
      module.save(file.toString());
      return file;
    } catch (RuntimeException e) {
      throw NativeErrors.load(e, file.toString());
    }
  }
}
