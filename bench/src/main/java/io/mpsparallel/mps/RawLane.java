package io.mpsparallel.mps;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * What one thread of a hand-written loop has of its own: a stream, pinned memory, inputs on the
 * device, and a CUDA graph of copy in, forward and copy out. Each call takes its inputs from direct
 * buffers and puts its outputs into direct buffers, and waits. One thread at a time; whoever opens
 * it closes it.
 */
public final class RawLane implements AutoCloseable {
  private static final int RUNS_BEFORE_CAPTURE = 10;
  private static final MemoryFormatOptional ANY_FORMAT = new MemoryFormatOptional();

  private final RawModel model;
  private final RawStream stream;
  private final RawStream standard;
  private final List<ByteBuffer> sources = new ArrayList<>();
  private final List<Tensor> hostInputs = new ArrayList<>();
  private final List<Tensor> deviceInputs = new ArrayList<>();
  private final List<ByteBuffer> inputs = new ArrayList<>(); // over the memory of hostInputs
  private final List<Tensor> hostOutputs = new ArrayList<>();
  private final List<ByteBuffer> outputs = new ArrayList<>(); // over the memory of hostOutputs
  private final List<ByteBuffer> targets = new ArrayList<>();
  private final IValueVector arguments;
  private @Nullable RawGraph graph;

  /**
   * Opens a lane, and runs the model once.
   *
   * @param model stays its owner's, and open
   * @param given the inputs of each call, which stay their owner's, and open
   */
  public RawLane(RawModel model, NamedTensors given) {
    this.model = model;
    stream = RawStream.own(model);
    standard = RawStream.standard(model);
    arguments = new IValueVector(given.size());
    inMode(
        () -> {
          given.tensors().forEach(this::addInput);
          fill();
          copyIn();
          addOutputs();
          stream.synchronize();
        });
  }

  /** Runs something on this thread in inference mode and on the lane's stream. */
  private void inMode(Runnable work) {
    InferenceMode mode = new InferenceMode(true);
    try {
      stream.makeCurrent();
      work.run();
    } finally {
      standard.makeCurrent(); // this thread may outlive the stream
      mode.close();
    }
  }

  private void addInput(io.mpsparallel.tensor.Tensor given) {
    ScalarType type = ScalarTypes.nativeType(given.dtype());
    sources.add(given.memory());
    Tensor host = onHost(given.shape(), type);
    Tensor device = onDevice(given.shape(), type);
    try (IValue value = new IValue(device)) {
      arguments.put(deviceInputs.size(), value);
    }
    hostInputs.add(host);
    deviceInputs.add(device);
    inputs.add(bytes(host));
  }

  /** Learns from a first forward which outputs there are. */
  private void addOutputs() {
    for (OutputReader.Output output : OutputReader.take(model.forward(arguments))) {
      TensorSpec spec = HostSlot.Outputs.spec(output.tensor());
      Tensor host = onHost(spec.shape(), ScalarTypes.nativeType(spec.dtype()));
      hostOutputs.add(host);
      ByteBuffer memory = bytes(host);
      outputs.add(memory);
      targets.add(ByteBuffer.allocateDirect(memory.capacity()).order(ByteOrder.nativeOrder()));
      output.free();
    }
  }

  private Tensor onHost(long[] shape, ScalarType type) {
    try (TensorOptions plain = new TensorOptions(type);
        BoolOptional pinned = new BoolOptional(model.isOnGpu());
        TensorOptions options = plain.pinned_memory(pinned)) {
      return torch.empty(shape, options, ANY_FORMAT);
    }
  }

  private Tensor onDevice(long[] shape, ScalarType type) {
    try (Tensor host = onHost(shape, type)) {
      return host.to(model.device(), type, false, true, ANY_FORMAT);
    }
  }

  private static ByteBuffer bytes(Tensor tensor) {
    return new BytePointer(tensor.data_ptr())
        .capacity(tensor.nbytes())
        .asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }

  /** Captures the graph, after runs without one. */
  public void capture() {
    for (int i = 0; i < RUNS_BEFORE_CAPTURE; i++) {
      eager();
    }
    inMode(() -> graph = RawGraph.capture(stream, this::encode));
  }

  /** One call, operation by operation, on the lane's own stream. */
  public void eager() {
    eager(stream, false);
  }

  /** One call, operation by operation, on the stream that everybody shares. */
  public void eagerOnDefaultStream() {
    eager(standard, false);
  }

  /** One call on the lane's own stream that waits for all streams of the device. */
  public void eagerThenSynchronizeDevice() {
    eager(stream, true);
  }

  /** One call on a thread of its own, and on a stream that this thread takes from libtorch. */
  public void eagerOnNewThread() {
    FutureTask<Boolean> call = new FutureTask<>(this::eagerOnPooledStream, true);
    Thread thread = new Thread(call, "raw-call");
    thread.start();
    try {
      if (!call.get()) {
        throw new IllegalStateException("no answer");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while it measured", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a call failed: " + e.getCause(), e);
    }
  }

  private void eagerOnPooledStream() {
    try (RawStream pooled = RawStream.pooled(model)) {
      eager(pooled, false);
    }
  }

  private void eager(RawStream on, boolean wholeDevice) {
    InferenceMode mode = new InferenceMode(true);
    try {
      on.makeCurrent();
      fill();
      encode();
      if (wholeDevice) {
        on.synchronizeDevice();
      } else {
        on.synchronize();
      }
      read();
    } finally {
      standard.makeCurrent();
      mode.close();
    }
  }

  /** One call by the graph. */
  public void replay() {
    fill();
    launch();
    stream.synchronize();
    read();
  }

  void fill() {
    copyAll(sources, inputs);
  }

  void read() {
    copyAll(outputs, targets);
  }

  private static void copyAll(List<ByteBuffer> from, List<ByteBuffer> to) {
    for (int i = 0; i < from.size(); i++) {
      to.get(i).put(0, from.get(i), 0, to.get(i).capacity());
    }
  }

  void launch() {
    if (graph == null) {
      throw new IllegalStateException("nothing was captured");
    }
    graph.launch();
  }

  /** Encodes copy in, forward and copy out on the current stream. */
  void encode() {
    copyIn();
    List<OutputReader.Output> made = OutputReader.take(model.forward(arguments));
    for (int i = 0; i < made.size(); i++) {
      hostOutputs.get(i).copy_(made.get(i).tensor(), true);
      made.get(i).free();
    }
  }

  /** Encodes the forward alone on the current stream. */
  void encodeForward() {
    OutputReader.take(model.forward(arguments)).forEach(OutputReader.Output::free);
  }

  private void copyIn() {
    for (int i = 0; i < hostInputs.size(); i++) {
      deviceInputs.get(i).copy_(hostInputs.get(i), true);
    }
  }

  /** Runs something in inference mode on the lane's stream, which is idle afterwards. */
  void onStream(Runnable work) {
    inMode(
        () -> {
          work.run();
          stream.synchronize();
        });
  }

  RawStream stream() {
    return stream;
  }

  /** {@return the values of the first output of the last call} */
  public float[] answer() {
    float[] values = new float[targets.get(0).capacity() / Float.BYTES];
    targets.get(0).asFloatBuffer().get(values);
    return values;
  }

  @Override
  public void close() {
    stream.synchronize();
    if (graph != null) {
      graph.close();
    }
    arguments.deallocate();
    deviceInputs.forEach(Tensor::deallocate);
    hostInputs.forEach(Tensor::deallocate);
    hostOutputs.forEach(Tensor::deallocate);
    standard.close();
    stream.close();
  }
}
