package io.mpsparallel.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * What people write without this library: threads that share a module of the JavaCPP presets, which
 * are left as they are, and a tensor made anew for each call. The only class of this package that
 * knows the presets.
 */
final class NaivePool implements Peer {
  private static final long[] SHAPE = {1, 512};

  private final JitModule module;
  private volatile float[] row = new float[512];

  private NaivePool(String file) {
    module = torch.load(file);
    module.eval();
  }

  /**
   * Serves.
   *
   * @param args the file of the model, in TorchScript
   */
  public static void main(String[] args) {
    PeerServer.serve(new NaivePool(args[0]));
  }

  /** {@return the linear algebra that it got} */
  @Override
  public String facts() {
    answer(row);
    Path maps = Path.of("/proc/self/maps");
    try {
      boolean mkl = Files.exists(maps) && Files.readString(maps).contains("libmkl_rt");
      return mkl ? "MKL" : "OpenBLAS";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public float[] answer(float[] input) {
    row = input.clone();
    float[] values = new float[(int) SHAPE[1]];
    forward(values);
    return values;
  }

  @Override
  public LongConsumer caller(int number) {
    return request -> forward(null);
  }

  private void forward(float @Nullable [] values) {
    try (FloatPointer memory = new FloatPointer(row);
        Tensor tensor = torch.from_blob(memory, SHAPE);
        IValue value = new IValue(tensor);
        IValueVector inputs = new IValueVector(value);
        IValue output = module.forward(inputs);
        Tensor result = output.toTensor()) {
      if (result.numel() != SHAPE[1]) {
        throw new IllegalStateException("values: " + result.numel());
      }
      if (values != null) {
        new FloatPointer(result.data_ptr_float()).get(values);
      }
    }
  }
}
