package io.mpsparallel.strategy;

import org.jspecify.annotations.Nullable;

/**
 * What a strategy is doing, as numbers of one moment; each is right, though they were not read at
 * the same time. Immutable, any thread.
 *
 * @param lanes forwards that it runs at once
 * @param busy lanes that somebody is on
 * @param queued requests that wait
 * @param served forwards that were run for requests since the start, with success
 * @param replaced lanes whose thread or process died and was replaced since the start
 * @param batching what became of batches, if the strategy makes any
 */
public record StrategyStats(
    int lanes, int busy, int queued, long served, long replaced, @Nullable BatchStats batching) {
  /**
   * Numbers of a strategy that makes no batches.
   *
   * @param lanes forwards that it runs at once
   * @param busy lanes that somebody is on
   * @param queued requests that wait
   * @param served forwards that were run for requests since the start, with success
   * @param replaced lanes whose thread or process died and was replaced since the start
   */
  public StrategyStats(int lanes, int busy, int queued, long served, long replaced) {
    this(lanes, busy, queued, served, replaced, null);
  }

  /**
   * The same numbers, of a strategy that makes batches.
   *
   * @param batches what became of them
   * @return the completed numbers
   */
  public StrategyStats with(BatchStats batches) {
    return new StrategyStats(lanes, busy, queued, served, replaced, batches);
  }
}
