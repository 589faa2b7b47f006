package io.mpsparallel.strategy;

import io.mpsparallel.backend.Device;
import io.mpsparallel.policy.Decision;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A way to run many requests at once. Any thread may hand in work; a strategy answers every item
 * that it accepted exactly once, whatever happens.
 */
public interface ParallelismStrategy extends AutoCloseable {
  /** Any number of rows may be in flight. */
  int ANY_ROWS = Integer.MAX_VALUE;

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
   * There is more in the {@linkplain StrategyContext#source source} that this strategy serves, or
   * what is there can be taken now: sees to it that a lane looks. After it was added, by whoever
   * did; never blocks.
   */
  default void workAdded() {}

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
   * Runs a request on the calling thread although all lanes are busy, if the device allows it and a
   * stream can be had: what {@code queue.when-full = caller-runs} asks for. The item stays the
   * caller's to {@linkplain WorkItem#finish finish}.
   *
   * @param item a request that was refused with {@code OVERLOADED}
   * @return the result, or null if the request was not taken
   * @throws io.mpsparallel.error.InferenceException if the forward failed
   */
  default @Nullable InferenceResult tryRunBeside(WorkItem item) {
    return null;
  }

  /**
   * Runs a model with inputs of its warm-up shapes wherever it will run later, in the background.
   *
   * @param version the version, which others may use meanwhile
   * @param cases the inputs of each run, owned from now on
   * @param mostRows so many rows may be in flight at once: what puts requests together warms up no
   *     batches of more; {@link #ANY_ROWS} if that is not known. What more will be in flight later
   *     is said by another call
   * @return done when all is warm; fails with the first failure, or {@code CLOSED} if the version
   *     went before, or was warmed up again
   */
  default CompletableFuture<Void> warmUp(
      ModelVersion version, List<NamedTensors> cases, int mostRows) {
    return OrdinaryWarmUp.run(this, version, cases);
  }

  /** {@return what it is doing} */
  StrategyStats stats();

  /**
   * {@return those of its devices that have failed for good, empty unless it looks for that} If
   * others are left, it serves without these, and needs no model there.
   */
  default Set<Device> failedDevices() {
    return Set.of();
  }

  /**
   * {@return what it decided about kinds of work, the latest last, as far back as is kept; empty
   * for a strategy that has nothing to choose}
   */
  default List<Decision> decisions() {
    return List.of();
  }

  /**
   * Changes lanes, depth and batches while work goes on: nothing is lost. What the strategy has no
   * use for is ignored.
   *
   * @param plan what to do from now on
   * @throws io.mpsparallel.error.InferenceException {@code CONFIG_INVALID} or {@code
   *     STREAMS_EXHAUSTED} if that cannot be done; then it goes on as before
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
