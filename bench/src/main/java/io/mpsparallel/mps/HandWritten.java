package io.mpsparallel.mps;

import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.global.torch;

/**
 * Forwards over the presets, done well, of rows that lie together already: nothing is gathered, put
 * in a queue or handed out. What is left is the engine's own time. Any thread; threads share the
 * weights.
 */
public final class HandWritten implements AutoCloseable {
  private final JitModule module;

  /**
   * Loads a model.
   *
   * @param file the model, in TorchScript, with one input and one output
   */
  public HandWritten(Path file) {
    TorchRuntime.load();
    module = torch.load(file.toString());
    module.eval();
  }

  /**
   * Runs it on one thread, this one, and lets the output go.
   *
   * @param input the rows, which stay the caller's
   */
  public void forward(Tensor input) {
    torch.set_num_threads(1); // a setting of each thread
    try (InferenceMode mode = new InferenceMode(true);
        org.bytedeco.pytorch.Tensor view = TorchSlot.view(input);
        IValue value = new IValue(view);
        IValueVector inputs = new IValueVector(value);
        IValue output = module.forward(inputs)) {
      long rows = output.toTensor().size(0);
      if (rows != input.spec().dim(0)) {
        throw new IllegalStateException("rows: " + rows + ", in " + mode);
      }
    }
  }

  @Override
  public void close() {
    module.deallocate();
  }
}
