package io.mpsparallel.processes;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import org.jspecify.annotations.Nullable;

/**
 * What a worker answered. Its memory is freed with it, or, once {@link #takeTensors} was called,
 * with the last tensor.
 */
interface Answer extends AutoCloseable {
  /** {@return which frame it answers} */
  int number();

  /** {@return what the worker failed with, if it did} */
  @Nullable InferenceException failure();

  /**
   * The values, of any kind but {@code RUN}. Until the answer is closed.
   *
   * @throws io.mpsparallel.error.InferenceException what the worker failed with
   */
  BodyReader body();

  /**
   * The outputs of a forward, over the shared memory; once. The table was checked already.
   *
   * @throws io.mpsparallel.error.InferenceException what the forward failed with
   */
  NamedTensors takeTensors();

  @Override
  void close();
}
