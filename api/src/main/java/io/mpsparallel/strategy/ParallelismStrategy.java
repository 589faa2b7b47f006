package io.mpsparallel.strategy;

import io.mpsparallel.policy.Plan;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A way to run many requests at once. Any thread may hand in work; a strategy answers every item
 * that it accepted exactly once, whatever happens.
 */
public interface ParallelismStrategy extends AutoCloseable {
  /** {@return the strategy's name in configuration} */
  String id();

  /** Starts lanes; they may still warm up when this returns. Once. */
  void start();

  /**
   * Takes a request over. If this throws, the item was not taken and is not finished.
   *
   * @param item the request
   * @param patience for how long to wait for room; zero never blocks
   * @throws io.mpsparallel.error.InferenceException {@code OVERLOADED} if there is no room, {@code
   *     CLOSED} if the strategy is closed or draining
   */
  void accept(WorkItem item, Duration patience);

  /**
   * Runs a request on the calling thread if the strategy is idle and the device allows it: no
   * hand-over. The item stays the caller's to {@linkplain WorkItem#finish finish}.
   *
   * @param item the request
   * @return the result, or null if the request was not taken and is to be {@linkplain #accept
   *     handed in}
   * @throws io.mpsparallel.error.InferenceException if the forward failed
   */
  default @Nullable InferenceResult tryRunHere(WorkItem item) {
    return null;
  }

  /**
   * Changes lanes, depth and batches while work goes on.
   *
   * @param plan what to do from now on
   */
  void apply(Plan plan);

  /**
   * Closes everything that was made for a model version, which no request uses any more.
   *
   * @param version the version
   */
  void forget(ModelVersion version);

  /**
   * Refuses new work and waits until all accepted work is answered; on a lane, which would wait for
   * itself, it only looks.
   *
   * @param timeout for how long
   * @return whether all was answered
   */
  boolean drain(Duration timeout);

  /** Stops; what still waits fails with {@code CLOSED}. No thread is left. Idempotent. */
  @Override
  void close();
}
