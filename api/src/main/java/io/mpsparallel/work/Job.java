package io.mpsparallel.work;

import io.mpsparallel.backend.Slot;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;

/**
 * What a lane takes to the device in one go: a request, or several that share the trip. Whoever
 * takes a job fills a slot for each of its forwards, runs them with one {@code Stream.run}, and
 * then tells the job the end of each, or of all at once; all on one thread, but for {@link #lose}.
 * Callers' continuations run in that.
 */
public interface Job {
  /** {@return the model version to run, which the job keeps in use until its end is told} */
  ModelVersion version();

  /** {@return how many forwards it takes, each in a slot of its own} */
  default int forwards() {
    return 1;
  }

  /** {@return how many requests it answers; 1 unless overridden} */
  default int requestCount() {
    return 1;
  }

  /**
   * Fills the slot of one forward, with {@code bind} or {@code stage}. Again, for a slot elsewhere,
   * if the first was lost with its process before the end of the forward was told.
   *
   * @param forward which one, from 0
   * @param slot an empty slot of the model
   * @throws InferenceException if the inputs cannot be used; then the job is told to {@link
   *     #fail(InferenceException)}
   */
  void fill(int forward, Slot slot);

  /**
   * Takes the outputs of a forward.
   *
   * @param forward which one, from 0
   * @param outputs its outputs, which the job owns from now on
   * @param served which strategy and device ran it
   */
  void succeed(int forward, NamedTensors outputs, Served served);

  /**
   * One forward failed.
   *
   * @param forward which one, from 0
   * @param failure why
   */
  default void fail(int forward, InferenceException failure) {
    fail(failure);
  }

  /**
   * All forwards failed, or none could be started.
   *
   * @param failure why
   */
  void fail(InferenceException failure);

  /**
   * The lane is gone, or gives up: what is not answered yet fails. By any thread, at any moment,
   * and perhaps more than once.
   *
   * @param failure why
   */
  default void lose(InferenceException failure) {
    fail(failure);
  }
}
