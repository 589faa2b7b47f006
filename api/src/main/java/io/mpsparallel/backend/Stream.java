package io.mpsparallel.backend;

import java.util.List;

/**
 * An ordered queue of work on a device. A stream is used by one thread at a time; the thread that
 * uses it is inside {@link #enter}. Another thread's use is a {@code MISUSE} error.
 */
public interface Stream extends AutoCloseable {
  /** {@return the device} */
  Device device();

  /** {@return which stream of its device: 0 is the default one} */
  int index();

  /**
   * Puts the calling thread into the state that a forward needs (threads per operation, inference
   * mode, current stream). A lane enters once for its life; a caller that runs a forward on its own
   * thread enters for that call. Threads per operation may stay as set when the scope is left.
   *
   * @return what leaves the state again; to be closed on the same thread
   * @throws io.mpsparallel.error.InferenceException {@code MISUSE} if another thread is inside
   */
  Scope enter();

  /**
   * Encodes the forwards of some slots, all under one acquisition of the device's gate and one
   * commit, and does not wait for the device. A forward that fails for its own reasons keeps its
   * failure in its slot, and the others go on.
   *
   * @param slots filled slots of this stream
   * @return an event that is done when all of them are, which the caller closes
   * @throws io.mpsparallel.error.InferenceException of scope LANE, DEVICE or PROCESS if the stream
   *     or the device failed; then every slot has failed, and is emptied with {@link
   *     Slot#takeOutputs} or closed like any other. {@code MISUSE} outside {@link #enter}
   */
  Event run(List<? extends Slot> slots);

  /**
   * Marks the present end of this stream.
   *
   * @param event the event to record on; a former mark is forgotten
   */
  void record(Event event);

  /**
   * Makes later work on this stream wait, on the device, for an event of any stream. The calling
   * thread does not wait.
   *
   * @param event a recorded event
   */
  void waitFor(Event event);

  /** Waits on the calling thread until everything encoded so far is done. */
  void synchronize();

  /**
   * Gives the stream back to its pool, which drains it before the next use. Twice is harmless, and
   * counted.
   */
  @Override
  void close();

  /** The state of a thread inside a stream. */
  interface Scope extends AutoCloseable {
    /** Leaves the state. Idempotent; on the thread that entered. */
    @Override
    void close();
  }
}
