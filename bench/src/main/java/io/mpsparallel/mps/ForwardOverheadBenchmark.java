package io.mpsparallel.mps;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.global.torch;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What this library adds to a forward: an identity model through {@code infer} on an idle executor,
 * beside the same call over the presets done well (one vector and one input tensor for ever,
 * inference mode held, outputs freed at once), and done as most people write it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class ForwardOverheadBenchmark {
  /** float32 values in the one row of the input. */
  @Param({"16", "512", "65536"})
  public int width;

  /** Where this library runs the model; the raw calls are on the CPU. */
  @Param("cpu")
  public String device;

  private Path directory;
  private InferenceExecutor executor;
  private LoadedModel model;
  private Tensor input;
  private float[] values;

  private InferenceMode mode;
  private JitModule module;
  private org.bytedeco.pytorch.Tensor rawInput;
  private IValue rawValue;
  private IValueVector rawInputs;

  /** Opens both. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    directory = Files.createTempDirectory("overhead");
    ExecutorSettings settings = ExecutorSettings.DEFAULTS.withDevice(device);
    executor = InferenceExecutor.builder().settings(settings).build();
    Path file = ScriptModels.identity(directory.resolve("identity.pt"));
    model = executor.load(file);
    values = new float[width];
    input = Tensor.of(values, 1, width);

    torch.set_num_threads(1);
    mode = new InferenceMode(true);
    module = torch.load(file.toString());
    module.eval();
    rawInput = TorchSlot.view(input);
    rawValue = new IValue(rawInput);
    rawInputs = new IValueVector(rawValue);
  }

  /** Closes both. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    rawInputs.deallocate();
    rawValue.deallocate();
    rawInput.deallocate();
    module.deallocate();
    mode.deallocate();
    model.close();
    executor.close();
    input.close();
    Files.delete(directory.resolve("identity.pt"));
    Files.delete(directory);
  }

  /** The presets, done well. */
  @Benchmark
  public long raw() {
    try (IValue output = module.forward(rawInputs)) {
      return output.toTensor().numel();
    }
  }

  /** The presets with objects made anew for each call. */
  @Benchmark
  public long rawFresh() {
    try (org.bytedeco.pytorch.Tensor tensor = TorchSlot.view(input);
        IValue value = new IValue(tensor);
        IValueVector inputs = new IValueVector(value);
        IValue output = module.forward(inputs)) {
      return output.toTensor().numel();
    }
  }

  /** This library, with one tensor for all calls. */
  @Benchmark
  public long infer() {
    try (InferenceResult result = model.infer(input)) {
      return result.tensor().spec().elements();
    }
  }

  /** This library, with a tensor made from an array for each call. */
  @Benchmark
  public long inferFresh() {
    try (Tensor fresh = Tensor.of(values, 1, width);
        InferenceResult result = model.infer(fresh)) {
      return result.tensor().spec().elements();
    }
  }

  /** Through the queue and the lane, waiting for the answer. */
  @Benchmark
  public long submit() {
    try (InferenceResult result = model.submit(input.share()).join()) {
      return result.tensor().spec().elements();
    }
  }
}
