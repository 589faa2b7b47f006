package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The states of a slot, and its inputs; what happens to them is a matter of the device: {@link
 * HostSlot} or {@link DeviceSlot}. One thread at a time.
 */
abstract class TorchSlot implements Slot {
  private static final Logger LOG = LoggerFactory.getLogger(TorchSlot.class);

  private enum State {
    EMPTY,
    FILLED,
    QUEUED,
    IN_FLIGHT,
    CLOSED
  }

  final TorchModel model;
  final TorchStream stream;
  private final List<Block> staging = new ArrayList<>();
  private State state = State.EMPTY;
  private @Nullable NamedTensors inputs;
  private @Nullable Event done;
  private @Nullable InferenceException failure;
  private boolean holdsModel;

  TorchSlot(TorchModel model, TorchStream stream) {
    this.model = model;
    this.stream = stream;
  }

  @Override
  public final void bind(NamedTensors given) {
    expect(State.EMPTY, "bind");
    model.checkOpen();
    NamedTensors checked = model.signature().check(given);
    checkDTypes(checked);
    inputs = checked.share();
    state = State.FILLED;
  }

  @Override
  public final NamedTensors stage(List<String> names, List<TensorSpec> specs) {
    expect(State.EMPTY, "stage");
    model.checkOpen();
    List<Tensor> tensors = new ArrayList<>(specs.size());
    try {
      specs.forEach(TorchSlot::checkSize);
      stageIn(names, specs);
      for (int i = 0; i < specs.size(); i++) {
        tensors.add(over(staging.get(i), specs.get(i)));
      }
      NamedTensors staged = NamedTensors.of(names, tensors);
      NamedTensors checked = model.signature().checkStaged(staged);
      checkDTypes(checked);
      inputs = checked;
      state = State.FILLED;
      return checked;
    } catch (RuntimeException e) {
      tensors.forEach(Tensor::close);
      releaseStaging();
      throw e;
    }
  }

  private static void checkSize(TensorSpec spec) {
    if (spec.byteLength() > Integer.MAX_VALUE) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT, spec + ": more than 2 GiB for one input");
    }
  }

  /** Gets memory for the inputs, with {@link #addStaging}. */
  void stageIn(List<String> names, List<TensorSpec> specs) {
    specs.forEach(spec -> addStaging(stream.stagingBlock(stagedBytes(spec))));
  }

  /** The memory of the next input that is staged. */
  final void addStaging(Block block) {
    staging.add(block);
  }

  private static Tensor over(Block block, TensorSpec spec) {
    return Tensor.adopt(block.buffer().slice(0, (int) spec.byteLength()), spec, null);
  }

  private void checkDTypes(NamedTensors tensors) {
    for (Tensor tensor : tensors.tensors()) {
      if (!stream.torchDevice().driver().capabilities().dtypes().contains(tensor.dtype())) {
        throw new InferenceException(
            ErrorCode.INVALID_INPUT,
            "dtype "
                + tensor.dtype()
                + " on "
                + stream.device()
                + " (expected one of: "
                + stream.torchDevice().driver().capabilities().dtypes()
                + ")");
      }
    }
  }

  final NamedTensors inputs() {
    return requireNonNull(inputs, "inputs");
  }

  /** How much memory to stage an input in; at least its own size, and at least 1. */
  abstract int stagedBytes(TensorSpec spec);

  /** The memory that the inputs were staged in, in order. */
  final List<Block> staging() {
    return staging;
  }

  /** Whether an input lies in memory of the slot's own, which is used again. */
  final boolean isStaged() {
    return !staging.isEmpty();
  }

  /** A libtorch tensor over an input's memory, which must outlive it. */
  static org.bytedeco.pytorch.Tensor view(Tensor tensor) {
    try (Pointer memory = new Pointer(tensor.memory())) {
      return torch.from_blob(memory, tensor.shape(), ScalarTypes.options(tensor.dtype()));
    }
  }

  // ---- called by the stream, on the thread that is inside it ----

  final void queue(TorchStream runner) {
    expect(State.FILLED, "run");
    if (runner != stream) {
      throw new InferenceException(
          ErrorCode.MISUSE, "slot of " + stream + " was given to " + runner);
    }
    state = State.QUEUED;
  }

  final void unqueue() {
    state = State.FILLED;
  }

  /** Does what needs no gate; a failure is kept, and {@link #encode} throws it. */
  final void begin() {
    failure = null;
    try {
      model.acquire();
      holdsModel = true;
      prepare();
    } catch (RuntimeException e) {
      failure = NativeErrors.forward(e, model.toString());
    }
  }

  /**
   * Takes everything back that {@link #begin} and a failed {@link #encode} did, for a second try.
   */
  final void beginAgain() {
    failure = null;
    try {
      prepare();
    } catch (RuntimeException e) {
      failure = NativeErrors.forward(e, model.toString());
    }
  }

  /** Encodes the forward; on the host, runs it. */
  final void encode() {
    if (failure != null) {
      throw failure;
    }
    try {
      forward();
    } catch (RuntimeException e) {
      throw failed(NativeErrors.forward(e, model.toString())); // the rest is freed after the event
    }
    state = State.IN_FLIGHT;
  }

  /** On the host no text makes a failure one of the device. */
  private InferenceException failed(InferenceException e) {
    return e.code() == ErrorCode.DEVICE_FAILED && stream.torchDevice().driver().isHost()
        ? new InferenceException(ErrorCode.MODEL_FAILED, model + " failed", e)
        : e;
  }

  final void encoded(Event event) {
    done = event;
    state = State.IN_FLIGHT;
  }

  final void fail(InferenceException why) {
    failure = why;
    state = State.IN_FLIGHT;
  }

  /** Fails because the whole run did; there is no event to wait for. */
  final void failRun(InferenceException why) {
    fail(why);
    done = null;
  }

  final boolean hasFailed() {
    return failure != null;
  }

  /** Encodes the copies to the host that follow the forward. */
  abstract void encodeCopies();

  /** Fills what the device reads from; outside the gate. */
  abstract void prepare();

  /** Runs or encodes the forward over {@link #inputs}. */
  abstract void forward();

  /** The outputs, which the caller owns; after the event. */
  abstract NamedTensors collect();

  /** Frees whatever of a forward is left. */
  abstract void discard();

  /** Forgets whatever of a forward is left, without freeing what a device may use. */
  abstract void lose();

  /** Frees what is kept from one forward to the next. */
  abstract void freeNatives();

  // ---- the other end ----

  @Override
  public final NamedTensors takeOutputs() {
    expect(State.IN_FLIGHT, "takeOutputs");
    Event event = done;
    if (event != null && !isDone(event)) {
      throw new InferenceException(
          ErrorCode.NOT_READY, "outputs are not there before the slot's event: await it first");
    }
    try {
      if (failure != null) {
        throw failure;
      }
      return named(collect());
    } finally {
      if (event == null && !settle()) {
        abandon();
      }
      empty(State.EMPTY);
    }
  }

  /** An event that its owner has closed cannot be asked any more: the stream's end will do. */
  private boolean isDone(Event event) {
    try {
      return event.isDone();
    } catch (InferenceException e) {
      if (e.code() == ErrorCode.CLOSED) {
        stream.drain();
        return true;
      }
      if (failure != null) {
        return true; // the run could not be committed, which is why it failed
      }
      throw e;
    }
  }

  /** The names that were declared for the outputs, if any were. */
  private NamedTensors named(NamedTensors outputs) {
    List<String> declared = model.signature().outputs();
    if (declared.isEmpty() || declared.equals(outputs.names())) {
      return outputs;
    }
    if (declared.size() != outputs.size()) {
      String found = outputs.toString();
      outputs.close();
      throw new InferenceException(
          ErrorCode.UNSUPPORTED_VALUE,
          model + " returned " + found + " (declared: " + declared + ")");
    }
    return NamedTensors.of(declared, outputs.tensors());
  }

  private void empty(State next) {
    discard();
    failure = null;
    done = null;
    if (inputs != null) {
      inputs.close();
      inputs = null;
    }
    releaseStaging();
    if (holdsModel) {
      holdsModel = false;
      model.release();
    }
    state = next;
  }

  /** Gives up the memory that inputs were staged in, if it is the slot's. */
  void releaseStaging() {
    staging.forEach(Block::releasePassed);
    staging.clear();
  }

  @Override
  public final void close() {
    if (state == State.CLOSED) {
      return;
    }
    if (state == State.IN_FLIGHT && !settle()) {
      abandon();
    }
    empty(State.CLOSED);
    freeNatives();
  }

  /** Without an event to go by, waits for whatever of the forward was encoded, if it can be. */
  private boolean settle() {
    try {
      stream.drain();
      return true;
    } catch (RuntimeException e) {
      LOG.warn("{}: cannot wait for the end of its work; its memory is lost", stream, e);
      return false;
    }
  }

  /** The device may still use what the slot holds: lost memory is better than wrong memory. */
  private void abandon() {
    staging.clear();
    holdsModel = false; // and the model is not freed
    lose();
  }

  private void expect(State expected, String call) {
    if (state == State.CLOSED) {
      throw new InferenceException(ErrorCode.CLOSED, call + ": the slot was closed");
    }
    if (state != expected) {
      throw new InferenceException(
          ErrorCode.MISUSE, call + ": the slot is " + state + " (expected: " + expected + ")");
    }
  }
}
