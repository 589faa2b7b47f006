package io.mpsparallel.settings;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How requests are put together.
 *
 * @param over the id of the strategy whose lanes run the batches
 * @param maxRows the most rows of a batch; a request that has more runs alone
 * @param maxBytes the most bytes of inputs in a batch; a request that has more runs alone
 * @param maxDelay the longest that a request waits for others while a lane is free; zero never
 *     waits
 * @param sizes the sizes, in rows, that batches are padded to, if a model states that its rows are
 *     independent or the rows of several requests are put together anyway
 * @param assumeIndependentRows whether models that do not state it are batched as well
 */
public record BatchingSettings(
    String over,
    int maxRows,
    long maxBytes,
    Duration maxDelay,
    BatchSizes sizes,
    boolean assumeIndependentRows) {
  /** The most that {@link #maxRows} may be. */
  public static final int MOST_ROWS = 1 << 16;

  private static final Duration LONGEST = Duration.ofSeconds(10);

  /** Over threads, 64 rows, 64 MiB, never waits, sizes as the device has it, all models. */
  public static final BatchingSettings DEFAULTS =
      new BatchingSettings("threads", 64, 64 << 20, Duration.ZERO, BatchSizes.AUTO, true);

  // Checks the ranges.
  public BatchingSettings {
    requireNonNull(over, "over");
    Check.range("batching.max-rows", maxRows, 1, MOST_ROWS);
    Check.range("batching.max-bytes", maxBytes, 1, Integer.MAX_VALUE);
    if (requireNonNull(maxDelay, "maxDelay").isNegative() || maxDelay.compareTo(LONGEST) > 0) {
      throw Check.invalid("batching.max-delay", maxDelay, "0..10s");
    }
    int largest = requireNonNull(sizes, "sizes").rows().stream().reduce(0, Math::max);
    if (largest > maxRows) {
      throw Check.invalid(
          "batching.sizes", sizes, "rising sizes of 1..batching.max-rows, which is " + maxRows);
    }
  }

  /**
   * Changes the bounds of a batch.
   *
   * @param rows the most rows
   * @param bytes the most bytes of inputs
   * @return the changed settings
   */
  public BatchingSettings withMost(int rows, long bytes) {
    return new BatchingSettings(over, rows, bytes, maxDelay, sizes, assumeIndependentRows);
  }

  /**
   * Changes for how long a request waits for others.
   *
   * @param changed the longest time; zero never waits
   * @return the changed settings
   */
  public BatchingSettings withMaxDelay(Duration changed) {
    return new BatchingSettings(over, maxRows, maxBytes, changed, sizes, assumeIndependentRows);
  }

  /**
   * Changes the allowed sizes.
   *
   * @param changed the sizes
   * @return the changed settings
   */
  public BatchingSettings withSizes(BatchSizes changed) {
    return new BatchingSettings(over, maxRows, maxBytes, maxDelay, changed, assumeIndependentRows);
  }

  /**
   * Changes where batches run.
   *
   * @param changed the id of a strategy
   * @return the changed settings
   */
  public BatchingSettings withOver(String changed) {
    return new BatchingSettings(changed, maxRows, maxBytes, maxDelay, sizes, assumeIndependentRows);
  }

  /**
   * Changes whether models are batched that do not state that their rows are independent.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public BatchingSettings withAssumeIndependentRows(boolean changed) {
    return new BatchingSettings(over, maxRows, maxBytes, maxDelay, sizes, changed);
  }
}
