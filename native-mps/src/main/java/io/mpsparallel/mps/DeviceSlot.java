package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Capabilities.GraphKey;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.mps.RecordedForward.Returned;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A forward on a GPU: inputs go through staging memory, and outputs come back into staging memory,
 * where they are handed out. Either each operation is encoded anew, or, once a forward of these
 * shapes has come often enough, a recording of it is launched, which works in memory of its own.
 * All memory is kept until the slot's event.
 */
final class DeviceSlot extends TorchSlot {
  private final DeviceForward forward;
  private final List<Block> uploads = new ArrayList<>();
  private final List<Returned> returned = new ArrayList<>();
  private final @Nullable LaneGraphs graphs;
  private @Nullable ForwardKey key;
  private @Nullable RecordedForward recorded; // owns the memory that inputs were staged in, if any
  private long rows = RowBuckets.NONE; // that the caller gave, where others were added

  DeviceSlot(TorchModel model, TorchStream stream) {
    super(model, stream);
    forward = new DeviceForward(model, stream.torchDevice().driver());
    graphs = stream.graphs();
  }

  @Override
  void stageIn(List<String> names, List<TensorSpec> specs) {
    if (graphs != null) {
      recorded =
          graphs.take(new ForwardKey(model, checked(names, specs.size()), List.copyOf(specs)));
    }
    if (recorded == null) {
      super.stageIn(names, specs);
    } else {
      recorded.inputs().forEach(this::addStaging);
    }
  }

  /** The names that inputs without any have once they are checked. */
  private List<String> checked(List<String> names, int inputs) {
    List<InputSpec> known = model.signature().inputs();
    return names.isEmpty() && inputs <= known.size()
        ? known.stream().limit(inputs).map(InputSpec::name).toList()
        : List.copyOf(names);
  }

  @Override
  int stagedBytes(TensorSpec spec) {
    long rowsOrNone = spec.rank() == 0 || !bucketsRows() ? RowBuckets.NONE : spec.dim(0);
    return Math.max(1, Math.toIntExact(RowBuckets.bucketed(spec, rowsOrNone).byteLength()));
  }

  /** What the device will read: filled before the gate, on which others wait. */
  @Override
  void prepare() {
    NamedTensors given = inputs();
    key = ForwardKey.of(model, given);
    if (recorded == null && graphs != null && !isStaged()) {
      recorded = graphs.take(key);
    }
    if (recorded == null) {
      prepareEager(given);
    } else if (!isStaged()) {
      recorded.fill(given);
    }
  }

  private void prepareEager(NamedTensors given) {
    rows = bucketsRows() ? RowBuckets.commonRows(given) : RowBuckets.NONE;
    for (int i = 0; i < given.size(); i++) {
      Tensor input = given.get(i);
      Block block = isStaged() ? staging().get(i) : copied(input);
      forward.addInput(block, filledUp(block, input.spec()));
    }
  }

  private boolean bucketsRows() {
    return model.signature().independentRows()
        && stream.torchDevice().driver().capabilities().graphKey() == GraphKey.SHAPE;
  }

  /** A copy of an input in memory that the device reads by itself. */
  private Block copied(Tensor input) {
    Block block = stream.stagingBlock(stagedBytes(input.spec()));
    uploads.add(block);
    input.copyTo(block.buffer().duplicate());
    return block;
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
    ForwardKey wanted = requireNonNull(key, "key");
    if (recorded == null && graphs != null && isDue(wanted, graphs)) {
      recorded = record(wanted, graphs);
    }
    if (recorded == null) {
      forward.encode(wanted);
    } else {
      recorded.launch();
    }
  }

  private boolean isDue(ForwardKey wanted, LaneGraphs of) {
    return model.isRecordable(wanted.names())
        && stream
            .torchDevice()
            .path()
            .records(wanted.bytes(), of.eagerRuns(wanted), model.recordedBefore().contains(wanted))
        && of.makesRoom(wanted);
  }

  /** Records this forward, whose inputs' memory the recording keeps; null if it cannot be. */
  private @Nullable RecordedForward record(ForwardKey wanted, LaneGraphs into) {
    try {
      RecordedForward made =
          RecordedForward.record(
              wanted, isStaged() ? staging() : uploads, into.outputs(wanted), stream, into);
      uploads.clear();
      into.made(made);
      model.recorded(wanted, into);
      return made;
    } catch (RecordingFailed e) {
      model.notRecordable(e);
      return null;
    }
  }

  @Override
  void encodeCopies() {
    if (recorded != null || hasFailed()) {
      return;
    }
    for (int i = 0; i < forward.outputs().size(); i++) {
      download(i, forward.outputs().get(i).name());
    }
    if (graphs != null && key != null) {
      graphs.ran(key, returned);
    }
  }

  private void download(int i, String name) {
    org.bytedeco.pytorch.Tensor output = forward.output(i, addedTo(i) ? rows : RowBuckets.NONE);
    Returned to = Returned.of(name, HostSlot.Outputs.spec(output), stream);
    returned.add(to);
    if (to.block() != null) {
      forward.download(output, to.block(), to.spec());
    }
  }

  /** Whether an output has the rows that were added to the inputs. */
  private boolean addedTo(int i) {
    if (rows == RowBuckets.NONE || RowBuckets.bucket(rows) == rows) {
      return false;
    }
    org.bytedeco.pytorch.Tensor output = forward.outputs().get(i).tensor();
    return output.dim() > 0 && output.size(0) == RowBuckets.bucket(rows);
  }

  @Override
  NamedTensors collect() {
    if (recorded != null) {
      return outputsOf(recorded, requireNonNull(graphs, "graphs"));
    }
    List<String> names = new ArrayList<>(returned.size());
    List<Tensor> tensors = new ArrayList<>(returned.size());
    for (Returned output : returned) {
      names.add(output.name());
      tensors.add(output.handOut());
    }
    returned.clear(); // the blocks belong to the tensors now
    return NamedTensors.of(names, tensors);
  }

  /** Large outputs stay where they are, and the recording with them, unless many do. */
  private NamedTensors outputsOf(RecordedForward of, LaneGraphs owner) {
    if (!of.hasLargeOutputs() || !owner.lend(of)) {
      return of.copyOutputs(stream);
    }
    recorded = null;
    if (isStaged()) {
      staging().clear(); // it is the recording's
    }
    return of.lendOutputs(() -> owner.giveLent(of));
  }

  @Override
  void discard() {
    forward.free();
    if (!isStaged()) {
      giveBack();
    }
    uploads.forEach(Block::releasePassed);
    uploads.clear();
    returned.forEach(Returned::release);
    returned.clear();
  }

  private void giveBack() {
    if (recorded != null && graphs != null) {
      graphs.give(recorded);
      recorded = null;
    }
  }

  @Override
  void releaseStaging() {
    if (recorded == null) {
      super.releaseStaging();
    } else {
      staging().clear(); // it is the recording's
      giveBack();
    }
  }

  @Override
  void lose() {
    uploads.clear();
    returned.clear();
    if (recorded != null && graphs != null) {
      graphs.lose(recorded);
      recorded = null;
    }
    discard(); // what is left frees itself in the order of the stream
  }

  @Override
  void freeNatives() {}
}
