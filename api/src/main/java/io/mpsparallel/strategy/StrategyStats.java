package io.mpsparallel.strategy;

/**
 * What a strategy is doing, as numbers of one moment; each is right, though they were not read at
 * the same time. Immutable, any thread.
 *
 * @param lanes forwards that it runs at once
 * @param busy lanes that somebody is on
 * @param queued requests that wait
 * @param served forwards that were run with success since the start
 * @param replaced lanes whose thread or process died and was replaced since the start
 */
public record StrategyStats(int lanes, int busy, int queued, long served, long replaced) {}
