package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of one forward on a GPU, from staging memory to staging memory: copies there, the
 * model, copies back, none of which waits. The tensors live until {@link #free}: libtorch does not
 * keep host memory alive for a copy under way. One thread at a time; used again and again.
 */
final class DeviceForward {
  private static final MemoryFormatOptional ANY_FORMAT = new MemoryFormatOptional();

  private final TorchModel model;
  private final Driver driver;
  private final List<Tensor> alive = new ArrayList<>();
  private final List<Tensor> hostInputs = new ArrayList<>();
  private @Nullable List<OutputReader.Output> raw;

  DeviceForward(TorchModel model, Driver driver) {
    this.model = model;
    this.driver = driver;
  }

  /** Adds the next input: what a block holds, or will hold when the device reads it. */
  void addInput(Block block, TensorSpec spec) {
    hostInputs.add(keep(over(block, spec)));
  }

  /** Encodes the copies of all inputs, and the model. */
  void encode(ForwardKey key) {
    try (IValueVector vector = new IValueVector(hostInputs.size())) {
      for (int i = 0; i < hostInputs.size(); i++) {
        try (IValue value = new IValue(argument(i, key))) {
          vector.put(i, value);
        }
      }
      raw = model.forward(key.names(), key.bytes(), vector);
    }
  }

  /** Numbers stay on the host: reading them back would wait for the device, inside the gate. */
  private Tensor argument(int i, ForwardKey key) {
    boolean number = !key.names().isEmpty() && model.isNumber(key.names().get(i));
    return number ? hostInputs.get(i) : upload(hostInputs.get(i), key.specs().get(i).dtype());
  }

  private Tensor upload(Tensor host, DType dtype) {
    return keep(
        host.to(driver.torchDevice(), ScalarTypes.nativeType(dtype), true, true, ANY_FORMAT));
  }

  /** The outputs as libtorch gave them; none if {@link #encode} did not come so far. */
  List<OutputReader.Output> outputs() {
    return raw == null ? List.of() : raw;
  }

  /** An output, or the first rows of it. */
  Tensor output(int i, long rows) {
    OutputReader.Output output = outputs().get(i);
    HostSlot.Outputs.checkDense(output.name(), output.tensor());
    return rows == RowBuckets.NONE ? output.tensor() : keep(output.tensor().narrow(0, 0, rows));
  }

  /** Fails for an output that the device does not write, so that no copy of it can be recorded. */
  void checkOnDevice(int i) {
    OutputReader.Output output = outputs().get(i);
    if (output.tensor().device().is_cpu() && !driver.torchDevice().is_cpu()) {
      throw new InferenceException(
          ErrorCode.UNSUPPORTED_VALUE, "output '" + output.name() + "' is made on the host");
    }
  }

  /**
   * Encodes the copy of an output into a block. The dtype stays, and the source is made dense: else
   * libtorch would add a copy that blocks.
   */
  void download(Tensor output, Block block, TensorSpec spec) {
    Tensor dense = output.is_contiguous() ? output : keep(output.contiguous());
    keep(over(block, spec)).copy_(dense, true);
  }

  private static Tensor over(Block block, TensorSpec spec) {
    try (Pointer memory = new Pointer(block.buffer())) {
      return torch.from_blob(memory, spec.shape(), ScalarTypes.options(spec.dtype()));
    }
  }

  private Tensor keep(Tensor tensor) {
    alive.add(tensor);
    return tensor;
  }

  /** Frees all tensors: after the event, or where libtorch frees in the order of the stream. */
  void free() {
    if (raw != null) {
      raw.forEach(OutputReader.Output::free);
      raw = null;
    }
    alive.forEach(Tensor::deallocate);
    alive.clear();
    hostInputs.clear();
  }
}
