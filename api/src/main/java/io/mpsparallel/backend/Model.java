package io.mpsparallel.backend;

import io.mpsparallel.tensor.NamedTensors;
import java.util.Optional;

/**
 * A model loaded on one device. Any thread. Closing it waits, bounded, for running calls and
 * refuses new ones; slots made from it fail from then on and must be closed as well.
 */
public interface Model extends AutoCloseable {
  /** {@return what it was loaded from} */
  ModelSource source();

  /** {@return the device it is on} */
  Device device();

  /** {@return its inputs and outputs: what the file says, completed by what was declared} */
  Signature signature();

  /** {@return the size of its weights in bytes} */
  long weightBytes();

  /**
   * Why forwards of this model run operation by operation on a device that could record them, once
   * that was tried; the engine's own words, for a person.
   *
   * @return empty as long as nothing is known against it
   */
  default Optional<String> whyEager() {
    return Optional.empty();
  }

  /**
   * Whether the stream has a recording at hand that a forward with such inputs would be launched
   * from, so that it would run none of the model's operations on the calling thread. A hint, unless
   * the caller is the only one who uses the stream. Any thread.
   *
   * @param stream of this model's device
   * @param inputs stay the caller's; only their dtypes, shapes and names count
   * @return false where nothing is recorded
   */
  default boolean isRecorded(Stream stream, NamedTensors inputs) {
    return false;
  }

  /**
   * Makes a place for one forward at a time.
   *
   * @param stream the stream that the slot will run on
   * @return a slot that the caller closes
   * @throws io.mpsparallel.error.InferenceException {@code CLOSED} if the model is closed, {@code
   *     MISUSE} if the stream is of another device
   */
  Slot newSlot(Stream stream);

  /** Frees the model once no call runs. Idempotent. */
  @Override
  void close();
}
