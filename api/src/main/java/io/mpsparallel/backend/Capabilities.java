package io.mpsparallel.backend;

import io.mpsparallel.tensor.DType;
import java.util.Set;

/**
 * Facts about a device that strategies read instead of asking which device it is. Immutable, any
 * thread.
 *
 * @param concurrentForwards how many threads may encode work at once: 1 on Apple GPUs with one
 *     command queue; {@link #UNLIMITED} where the device does not mind
 * @param streamCapacity how many streams can be held at once, the default one not counted
 * @param depth how many slots one lane should keep in flight: 1 where forwards are synchronous
 * @param asynchronous whether {@link Stream#run} returns before the work is done, so that events
 *     matter
 * @param callerThreads whether a caller's own thread may run a forward
 * @param weightsShareable whether several processes can map one copy of a model's weights
 * @param graphKey what a prepared execution of a model depends on
 * @param dtypes the element types that the device computes with
 * @param memoryBytes the device's memory, or 0 where it is the host's
 */
public record Capabilities(
    int concurrentForwards,
    int streamCapacity,
    int depth,
    boolean asynchronous,
    boolean callerThreads,
    boolean weightsShareable,
    GraphKey graphKey,
    Set<DType> dtypes,
    long memoryBytes) {
  /** No bound. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  /** What a prepared execution of a model (its "graph") depends on, besides the model. */
  public enum GraphKey {
    /** Nothing more: a frozen module serves every shape. */
    MODEL,
    /** The shapes of its inputs. */
    SHAPE,
    /** The shapes of its inputs and the slot's own memory. */
    SHAPE_AND_SLOT
  }

  /**
   * How often a lane runs a shape on its first stream, one run after another, until nothing more is
   * prepared for it: a recording is made after so many runs that are not. Less often if the model
   * {@linkplain Model#isRecorded says} that it is recorded.
   *
   * @return the most runs
   */
  public int warmUpRuns() {
    return graphKey == GraphKey.SHAPE_AND_SLOT ? 10 : 3;
  }

  /**
   * As {@link #warmUpRuns}, on each further stream of a lane: what the first one showed is known.
   *
   * @return the most runs
   */
  public int furtherWarmUpRuns() {
    return 3;
  }

  // Copies the set.
  public Capabilities {
    dtypes = Set.copyOf(dtypes);
  }
}
