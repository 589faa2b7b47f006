package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A forward that was recorded with the copies to and from its own staging memory: fill the inputs,
 * launch, and after the event take copies of the outputs. In one pair of hands at a time.
 */
final class RecordedForward implements AutoCloseable {
  private static final long LARGE = 64 << 10; // copied in about 10 microseconds

  private final ForwardKey key;
  private final List<Block> inputs;
  private final List<Returned> outputs;
  private final DeviceForward forward;
  private @Nullable NativeGraph graph;

  /**
   * An output in staging memory.
   *
   * @param name its name
   * @param spec its dtype and shape
   * @param block where it is; null if it has no elements
   */
  record Returned(String name, TensorSpec spec, @Nullable Block block) {
    static Returned of(String name, TensorSpec spec, TorchStream stream) {
      int bytes = Math.toIntExact(spec.byteLength());
      return new Returned(name, spec, bytes == 0 ? null : stream.stagingBlock(bytes));
    }

    /** The output as a tensor, which owns the memory. */
    Tensor handOut() {
      return tensor(this::release);
    }

    private Tensor tensor(Runnable release) {
      return block == null
          ? Tensor.allocate(spec)
          : Tensor.adopt(block.buffer().duplicate().limit((int) spec.byteLength()), spec, release);
    }

    void release() {
      if (block != null) {
        block.releasePassed();
      }
    }
  }

  private RecordedForward(
      ForwardKey key, List<Block> inputs, List<Returned> outputs, DeviceForward forward) {
    this.key = key;
    this.inputs = inputs;
    this.outputs = outputs;
    this.forward = forward;
  }

  /**
   * Records a forward over staging memory, which becomes the recording's own.
   *
   * @param inputs a block for each input, filled or not; with the caller again if this fails
   * @param expected the outputs that the same forward had before
   * @throws RecordingFailed if it cannot be recorded
   */
  static RecordedForward record(
      ForwardKey key,
      List<Block> inputs,
      List<LaneGraphs.Expected> expected,
      TorchStream stream,
      LaneGraphs into) {
    List<Returned> outputs = new ArrayList<>(expected.size());
    DeviceForward forward = new DeviceForward(key.model(), stream.torchDevice().driver());
    RecordedForward made = new RecordedForward(key, List.copyOf(inputs), outputs, forward);
    try {
      expected.forEach(output -> outputs.add(Returned.of(output.name(), output.spec(), stream)));
      made.graph = into.recorder().record(made::encode);
      return made;
    } catch (RuntimeException | Error e) {
      outputs.forEach(Returned::release);
      throw e;
    } finally {
      forward.free(); // after the recording has ended: before that it would be a part of it
    }
  }

  private void encode() {
    forward.free(); // of the time before, if a recorder runs the work anew at each launch
    for (int i = 0; i < inputs.size(); i++) {
      forward.addInput(inputs.get(i), key.specs().get(i));
    }
    forward.encode(key);
    if (forward.outputs().size() != outputs.size()) {
      throw new IllegalStateException("the number of its outputs varies");
    }
    for (int i = 0; i < outputs.size(); i++) {
      download(i, outputs.get(i));
    }
  }

  private void download(int i, Returned to) {
    forward.checkOnDevice(i);
    org.bytedeco.pytorch.Tensor output = forward.output(i, RowBuckets.NONE);
    if (!HostSlot.Outputs.spec(output).equals(to.spec())) {
      throw new IllegalStateException("the shape of its output '" + to.name() + "' varies");
    }
    if (to.block() != null) {
      forward.download(output, to.block(), to.spec());
    }
  }

  ForwardKey key() {
    return key;
  }

  /** The memory of the inputs, to be filled before the launch. */
  List<Block> inputs() {
    return inputs;
  }

  /** The staging memory that it has for itself. */
  long stagedBytes() {
    long bytes = 0;
    for (Block input : inputs) {
      bytes += input.capacity();
    }
    for (Returned output : outputs) {
      bytes += output.block() == null ? 0 : output.block().capacity();
    }
    return bytes;
  }

  /** Copies all inputs to where the device will read them. */
  void fill(NamedTensors given) {
    for (int i = 0; i < inputs.size(); i++) {
      given.get(i).copyTo(inputs.get(i).buffer().duplicate());
    }
  }

  /** Encodes the whole forward, copies included. */
  void launch() {
    requireNonNull(graph, "graph").launch();
  }

  /** Whether copies of the outputs would take longer than another recording is worth. */
  boolean hasLargeOutputs() {
    long bytes = 0;
    for (Returned output : outputs) {
      bytes += output.spec().byteLength();
    }
    return bytes >= LARGE;
  }

  /**
   * The outputs where they lie, which the caller owns; after the event.
   *
   * @param returned run once all are closed, by whoever closes the last: until then the recording
   *     must not be launched
   */
  NamedTensors lendOutputs(Runnable returned) {
    long lent = outputs.stream().filter(output -> output.block() != null).count();
    AtomicLong open = new AtomicLong(lent);
    Runnable release =
        () -> {
          if (open.decrementAndGet() == 0) {
            returned.run();
          }
        };
    return NamedTensors.of(
        outputs.stream().map(Returned::name).toList(),
        outputs.stream().map(output -> output.tensor(release)).toList());
  }

  /** Copies of the outputs, which the caller owns; after the event. */
  NamedTensors copyOutputs(TorchStream stream) {
    List<String> names = new ArrayList<>(outputs.size());
    List<Tensor> tensors = new ArrayList<>(outputs.size());
    for (Returned output : outputs) {
      names.add(output.name());
      tensors.add(copy(output, stream));
    }
    return NamedTensors.of(names, tensors);
  }

  private static Tensor copy(Returned from, TorchStream stream) {
    Returned to = Returned.of(from.name(), from.spec(), stream);
    if (from.block() != null && to.block() != null) {
      to.block().buffer().put(0, from.block().buffer(), 0, (int) from.spec().byteLength());
    }
    return to.handOut();
  }

  /** Frees the recording, which is not under way, and its memory. */
  @Override
  public void close() {
    try {
      requireNonNull(graph, "graph").close();
    } finally {
      forward.free();
      inputs.forEach(Block::releasePassed);
      outputs.forEach(Returned::release);
    }
  }
}
