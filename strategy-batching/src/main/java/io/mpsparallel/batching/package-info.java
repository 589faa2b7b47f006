/**
 * The strategy {@code batching}: requests put together, for the lanes of another strategy.
 *
 * <pre>
 *   callers ──accept──▶ BatchSource ◀──poll── a lane of the strategy below, whenever it is free
 *                        │ Group: what can share a forward        │
 *                        │ BatchFormer: which leave, or until     ▼
 *                        │ when to wait                         Batch: fills the lane's slot,
 *                        ◀── parts of a failed batch ──────────  hands out rows, divides itself
 * </pre>
 *
 * <p>Nothing is put together before a lane asks: a batch is whatever waits at that moment. {@link
 * io.mpsparallel.batching.BatchFormer}, {@link io.mpsparallel.batching.CostModel} and {@link
 * io.mpsparallel.batching.Arrivals} are pure; all that changes is in {@link
 * io.mpsparallel.batching.BatchSource}, under its lock.
 */
@NullMarked
package io.mpsparallel.batching;

import org.jspecify.annotations.NullMarked;
