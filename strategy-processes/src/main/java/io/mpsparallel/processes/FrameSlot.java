package io.mpsparallel.processes;

import io.mpsparallel.backend.Slot;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import java.util.List;

/**
 * The place of one forward in a worker: a region for the inputs, a frame, a region for the outputs.
 * {@code bind} copies, {@code stage} gives the shared memory itself. Whoever has leased the worker.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class FrameSlot implements Slot {
  FrameSlot(ParentLink link, ProcessModel model) {}

  @Override
  public void bind(NamedTensors inputs) {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public NamedTensors stage(List<String> names, List<TensorSpec> specs) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Hands the frame in; the slot is in flight. */
  int send() throws LinkLost {
    throw new UnsupportedOperationException("to be built");
  }

  /** The worker has answered. */
  void answered(Answer answer) {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public NamedTensors takeOutputs() {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("to be built");
  }
}
