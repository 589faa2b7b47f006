package io.mpsparallel.processes;

import io.mpsparallel.tensor.NamedTensors;

/**
 * What a worker answered. Its memory is freed with it, or, once {@link #takeTensors} was called,
 * with the last tensor.
 */
interface Answer extends AutoCloseable {
  /** {@return which frame it answers} */
  int number();

  /**
   * The values.
   *
   * @throws io.mpsparallel.error.InferenceException what the worker failed with
   */
  BodyReader body();

  /**
   * The outputs of a forward, over the shared memory.
   *
   * @throws io.mpsparallel.error.InferenceException what the forward failed with
   */
  NamedTensors takeTensors();

  @Override
  void close();
}
