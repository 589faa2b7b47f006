package io.mpsparallel.settings;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The queue of requests that wait for a lane. {@code submit} never waits: it is rejected when the
 * queue is full.
 *
 * @param capacity requests that may wait; one more is rejected
 * @param patience for how long {@code infer} and {@code map} wait for room in a full queue; zero
 *     fails at once
 * @param whenFull what {@code infer} and {@code map} do when the queue is full
 */
public record QueueSettings(int capacity, Duration patience, WhenFull whenFull) {
  /** 1024 requests, 30 seconds, wait for room. */
  public static final QueueSettings DEFAULTS =
      new QueueSettings(1024, Duration.ofSeconds(30), WhenFull.WAIT);

  /** What {@code infer} and {@code map} do when the queue is full. */
  public enum WhenFull {
    /** Wait for room. */
    WAIT,
    /**
     * Run the request at once on the caller's own thread, where the device allows callers' threads;
     * else wait for room.
     */
    CALLER_RUNS
  }

  // Checks the ranges.
  public QueueSettings {
    Check.range("queue.capacity", capacity, 1, 1 << 24);
    Check.notNegative("queue.wait", requireNonNull(patience, "patience"));
    requireNonNull(whenFull, "whenFull");
  }

  /**
   * Changes what happens when the queue is full.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public QueueSettings withWhenFull(WhenFull changed) {
    return new QueueSettings(capacity, patience, changed);
  }
}
