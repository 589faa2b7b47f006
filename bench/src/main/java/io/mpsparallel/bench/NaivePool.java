package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What people write without this library: threads that share a module of the JavaCPP presets, which
 * are left as they are, and a tensor made anew for each call. A process of its own, because the
 * presets' settings hold for a whole process; {@link NaiveChild} talks to it.
 *
 * <p>It says {@code ready BLAS}, and then answers each line {@code run THREADS SECONDS} with {@code
 * done ANSWERS NANOSECONDS}, until its input ends. The only class of this package that knows the
 * presets.
 */
final class NaivePool {
  private static final long[] SHAPE = {1, 512};

  private final JitModule module;
  private final float[] values = new float[512];

  private NaivePool(String file) {
    module = torch.load(file);
    module.eval();
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
  }

  /**
   * Serves the lines of standard input.
   *
   * @param args the file of the model, with an input of one row of 512 values
   * @throws IOException if the input cannot be read
   */
  public static void main(String[] args) throws IOException {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    NaivePool pool = new NaivePool(args[0]);
    pool.forward();
    out.println("ready " + blas());
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ", -1); // run THREADS SECONDS
      Limit limit = Limit.time(Duration.ofNanos((long) (Double.parseDouble(words[2]) * 1e9)));
      int threads = Integer.parseInt(words[1]);
      Measured measured = BlockedLoop.run(request -> pool.forward(), threads, limit, Ticker.SYSTEM);
      out.println("done " + measured.answers() + " " + measured.elapsed().toNanos());
    }
  }

  private void forward() {
    try (FloatPointer memory = new FloatPointer(values);
        Tensor tensor = torch.from_blob(memory, SHAPE);
        IValue value = new IValue(tensor);
        IValueVector inputs = new IValueVector(value);
        IValue output = module.forward(inputs);
        Tensor result = output.toTensor()) {
      if (result.numel() != SHAPE[1]) {
        throw new IllegalStateException("values: " + result.numel());
      }
    }
  }

  private static String blas() throws IOException {
    Path maps = Path.of("/proc/self/maps");
    return Files.exists(maps) && Files.readString(maps).contains("libmkl_rt") ? "MKL" : "OpenBLAS";
  }
}
