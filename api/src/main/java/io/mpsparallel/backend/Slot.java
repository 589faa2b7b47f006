package io.mpsparallel.backend;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import java.util.List;

/**
 * The reusable place of one forward: inputs to fill, outputs to take after its event. What it is
 * inside is the backend's affair: pooled buffers, pinned memory with a captured graph, outputs that
 * were allocated in advance. Any shapes may follow each other in one slot; what depends on a shape
 * is cached inside, bounded.
 *
 * <p>States: empty, filled ({@link #bind} or {@link #stage}), in flight ({@link Stream#run}), done
 * (its event), empty again ({@link #takeOutputs}). One thread at a time; wrong order is a {@code
 * MISUSE} error. It is not refilled or freed before its event.
 */
public interface Slot extends AutoCloseable {
  /**
   * Fills the slot with tensors that it borrows until {@link #takeOutputs} or {@link #close}: their
   * memory is used in place where the device can. The caller must not change them meanwhile.
   *
   * @param inputs checked against the model's signature
   * @throws io.mpsparallel.error.InferenceException {@code INVALID_INPUT}; {@code MISUSE} if the
   *     slot is not empty; {@code CLOSED}
   */
  void bind(NamedTensors inputs);

  /**
   * Fills the slot with memory of its own, for the caller to write into before the run: rows of
   * several requests side by side, with no copy in between.
   *
   * @param names the names of the inputs
   * @param specs their dtypes and shapes, in the same order
   * @return tensors over the slot's memory, valid until {@link Stream#run}; the slot owns them
   */
  NamedTensors stage(List<String> names, List<TensorSpec> specs);

  /**
   * Takes the outputs out; the slot is empty again. An output that lies inside an input shares that
   * input's memory and keeps it alive.
   *
   * @return the outputs, which the caller closes
   * @throws io.mpsparallel.error.InferenceException {@code NOT_READY} before the slot's event; this
   *     forward's own failure ({@code MODEL_FAILED}, {@code INVALID_INPUT}, {@code
   *     UNSUPPORTED_VALUE}), after which the slot is empty
   */
  NamedTensors takeOutputs();

  /** Frees the slot; if it is in flight, after waiting for its event. Idempotent. */
  @Override
  void close();
}
