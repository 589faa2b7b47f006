package io.mpsparallel.processes;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * The parent's end of the connection to one worker. Used by whoever has leased the worker: one
 * thread at a time. {@link #awaited}, {@link #executing}, {@link #beat}, {@link #isAnswered}: any
 * thread.
 *
 * <p>Everything that waits throws {@link LinkLost} when the worker is gone, and when what it wrote
 * cannot be. Nothing here has a time limit: who finds a worker too slow kills it, and the pipe's
 * end wakes whoever waits.
 */
interface ParentLink extends AutoCloseable {
  /**
   * Room for a body, to be written and then {@linkplain #send sent} or freed. Never waits.
   *
   * @throws io.mpsparallel.error.InferenceException {@code OUT_OF_MEMORY} if there is no more,
   *     {@code CLOSED} after close
   */
  Region allocate(long bytes);

  /** The memory of a region that the caller has. */
  ByteBuffer memory(Region region);

  /** Gives a region back; any thread. */
  void free(Region region);

  /**
   * Hands a frame in; its body is freed when it is answered. At most {@link #depth} are in hand. If
   * this throws, the body is still the caller's.
   *
   * @param room bytes to keep for the answer
   * @return the number of the frame, never 0
   * @throws io.mpsparallel.error.InferenceException {@code OUT_OF_MEMORY} if there is no room for
   *     the answer
   */
  int send(FrameKind kind, int model, Region body, long room) throws LinkLost;

  /**
   * For small questions: writes the body, sends it and waits for its answer, whatever else is in
   * hand.
   */
  Answer ask(FrameKind kind, int model, Consumer<BodyWriter> body) throws LinkLost;

  /** {@return how many frames can be in hand} */
  int depth();

  /** Whether a frame is answered; never waits. */
  boolean isAnswered(int number);

  /** Waits for the answer of the oldest frame in hand; the caller closes it. */
  Answer await() throws LinkLost;

  /**
   * {@return the frame whose answer the leaseholder waits for, or which it hands in, at this
   * moment; or 0} Nothing that the worker writes can change that.
   */
  int awaited();

  /** {@return the frame that the worker runs, or 0} */
  int executing();

  /** {@return a number that changes as long as the worker's process runs} */
  int beat();

  /**
   * Lets go, and deletes what files there are; results that callers hold stay. By who has the
   * lease, or when nobody can have it. Idempotent.
   */
  @Override
  void close();
}
