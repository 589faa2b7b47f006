package io.mpsparallel.mps;

import io.mpsparallel.backend.Capabilities.GraphKey;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A forward on a GPU: inputs go through staging memory and a copy that does not block, outputs come
 * back into staging memory likewise, and are handed out where they lie. Staging memory and tensors
 * live until the slot's event: libtorch does not keep host memory alive for a copy under way.
 */
final class DeviceSlot extends TorchSlot {
  private static final MemoryFormatOptional ANY_FORMAT = new MemoryFormatOptional();

  private final List<org.bytedeco.pytorch.Tensor> alive = new ArrayList<>();
  private final List<org.bytedeco.pytorch.Tensor> hostInputs = new ArrayList<>();
  private final List<Block> uploads = new ArrayList<>();
  private final List<Returned> returned = new ArrayList<>();
  private @Nullable List<OutputReader.Output> raw;
  private long rows = RowBuckets.NONE; // that the caller gave, where others were added

  /** One output on its way to the host. */
  private record Returned(String name, TensorSpec spec, @Nullable Block block) {}

  DeviceSlot(TorchModel model, TorchStream stream) {
    super(model, stream);
  }

  /** What the copies to the device read from: filled before the gate, on which others wait. */
  @Override
  void prepare() {
    NamedTensors given = inputs();
    rows = bucketsRows() ? RowBuckets.commonRows(given) : RowBuckets.NONE;
    for (int i = 0; i < given.size(); i++) {
      Tensor input = given.get(i);
      Block block = isStaged() ? stagedBlock(i) : copied(input);
      hostInputs.add(keep(over(block, filledUp(block, input.spec()))));
    }
  }

  private boolean bucketsRows() {
    return model.signature().independentRows()
        && stream.torchDevice().driver().capabilities().graphKey() == GraphKey.SHAPE;
  }

  @Override
  int stagedBytes(TensorSpec spec) {
    long rowsOrNone = spec.rank() == 0 || !bucketsRows() ? RowBuckets.NONE : spec.dim(0);
    return Math.max(1, Math.toIntExact(RowBuckets.bucketed(spec, rowsOrNone).byteLength()));
  }

  /** Repeats the last row up to the size of the bucket: a row that the model can surely compute. */
  private TensorSpec filledUp(Block block, TensorSpec spec) {
    TensorSpec full = RowBuckets.bucketed(spec, rows);
    ByteBuffer memory = block.buffer();
    int end = (int) spec.byteLength();
    for (int at = end; at < full.byteLength(); at += (int) (end / rows)) {
      memory.put(at, memory, end - (int) (end / rows), (int) (end / rows));
    }
    return full;
  }

  @Override
  void forward() {
    NamedTensors given = inputs();
    try (IValueVector vector = new IValueVector(given.size())) {
      for (int i = 0; i < given.size(); i++) {
        try (IValue value = new IValue(argument(i, given))) {
          vector.put(i, value);
        }
      }
      raw = model.forward(given, vector);
    }
  }

  /** Numbers stay on the host: reading them back would wait for the device, inside the gate. */
  private org.bytedeco.pytorch.Tensor argument(int i, NamedTensors given) {
    boolean number = !given.names().isEmpty() && model.isNumber(given.names().get(i));
    return number ? hostInputs.get(i) : upload(hostInputs.get(i), given.get(i).dtype());
  }

  private org.bytedeco.pytorch.Tensor upload(org.bytedeco.pytorch.Tensor host, DType dtype) {
    return keep(
        host.to(
            stream.torchDevice().driver().torchDevice(),
            ScalarTypes.nativeType(dtype),
            true,
            true,
            ANY_FORMAT));
  }

  /** A copy of an input in memory that the device reads by itself. */
  private Block copied(Tensor input) {
    Block block = stream.stagingBlock(stagedBytes(input.spec()));
    uploads.add(block);
    input.copyTo(block.buffer().duplicate());
    return block;
  }

  private Block acquire(TensorSpec spec) {
    return stream.stagingBlock((int) Math.max(1, spec.byteLength()));
  }

  private static org.bytedeco.pytorch.Tensor over(Block block, TensorSpec spec) {
    try (var memory = new org.bytedeco.javacpp.Pointer(block.buffer())) {
      return torch.from_blob(memory, spec.shape(), ScalarTypes.options(spec.dtype()));
    }
  }

  private org.bytedeco.pytorch.Tensor keep(org.bytedeco.pytorch.Tensor tensor) {
    alive.add(tensor);
    return tensor;
  }

  @Override
  void encodeCopies() {
    List<OutputReader.Output> outputs = raw;
    if (outputs == null || hasFailed()) {
      return;
    }
    for (OutputReader.Output output : outputs) {
      download(output.name(), output.tensor());
    }
  }

  /** The dtype stays, and the source is dense: else libtorch would add a copy that blocks. */
  private void download(String name, org.bytedeco.pytorch.Tensor output) {
    HostSlot.Outputs.checkDense(name, output);
    org.bytedeco.pytorch.Tensor wanted = withoutAddedRows(output);
    TensorSpec spec = HostSlot.Outputs.spec(wanted);
    if (spec.byteLength() == 0) {
      returned.add(new Returned(name, spec, null));
      return;
    }
    Block block = acquire(spec);
    returned.add(new Returned(name, spec, block));
    org.bytedeco.pytorch.Tensor dense = wanted;
    if (!wanted.is_contiguous()) {
      dense = keep(wanted.contiguous());
    }
    keep(over(block, spec)).copy_(dense, true);
  }

  private org.bytedeco.pytorch.Tensor withoutAddedRows(org.bytedeco.pytorch.Tensor output) {
    boolean added =
        rows != RowBuckets.NONE
            && RowBuckets.bucket(rows) != rows
            && output.dim() > 0
            && output.size(0) == RowBuckets.bucket(rows);
    return added ? keep(output.narrow(0, 0, rows)) : output;
  }

  @Override
  NamedTensors collect() {
    List<String> names = new ArrayList<>(returned.size());
    List<Tensor> tensors = new ArrayList<>(returned.size());
    for (Returned output : returned) {
      names.add(output.name());
      tensors.add(handOut(output));
    }
    returned.clear(); // the blocks belong to the tensors now
    return NamedTensors.of(names, tensors);
  }

  private static Tensor handOut(Returned output) {
    Block block = output.block();
    if (block == null) {
      return Tensor.allocate(output.spec());
    }
    return Tensor.adopt(
        block.buffer().duplicate().limit((int) output.spec().byteLength()),
        output.spec(),
        block::releasePassed);
  }

  @Override
  void discard() {
    if (raw != null) {
      raw.forEach(OutputReader.Output::free);
      raw = null;
    }
    alive.forEach(org.bytedeco.pytorch.Tensor::deallocate);
    alive.clear();
    hostInputs.clear();
    uploads.forEach(Block::releasePassed);
    uploads.clear();
    for (Returned output : returned) {
      if (output.block() != null) {
        output.block().releasePassed();
      }
    }
    returned.clear();
  }

  @Override
  void lose() {
    uploads.clear();
    returned.clear();
    discard(); // what is left frees itself in the order of the stream
  }

  @Override
  void freeNatives() {}
}
