package io.mpsparallel.policy;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What strategies should do from now on. Immutable, any thread.
 *
 * @param route whether requests run one by one or are put together
 * @param over where they run
 * @param lanes lanes for each device, at least 1
 * @param depth slots that a lane keeps in flight, at least 1
 * @param intraOpThreads threads inside one operation on the CPU, at least 1
 * @param maxRows the most rows of one batch, at least 1
 * @param maxDelay the longest that a request waits for others to join it
 * @param reason why, as a stable code
 */
public record Plan(
    Route route,
    Over over,
    int lanes,
    int depth,
    int intraOpThreads,
    int maxRows,
    Duration maxDelay,
    String reason) {
  /** Whether requests run one by one or are put together. */
  public enum Route {
    /** One by one. */
    DIRECT,
    /** Several as one batch. */
    BATCHED
  }

  /** Where requests run. */
  public enum Over {
    /** On lanes of this process. */
    THREADS,
    /** In worker processes. */
    PROCESSES
  }

  // Checks the ranges.
  public Plan {
    requireNonNull(route, "route");
    requireNonNull(over, "over");
    requireNonNull(maxDelay, "maxDelay");
    requireNonNull(reason, "reason");
    if (lanes < 1 || depth < 1 || intraOpThreads < 1 || maxRows < 1) {
      throw new IllegalArgumentException(
          "lanes, depth, threads, rows: "
              + lanes
              + ", "
              + depth
              + ", "
              + intraOpThreads
              + ", "
              + maxRows
              + " (expected: at least 1)");
    }
  }

  /**
   * One lane, one request at a time.
   *
   * @param intraOpThreads threads inside one operation
   * @param reason why, as a stable code
   * @return the plan
   */
  public static Plan singleLane(int intraOpThreads, String reason) {
    return new Plan(Route.DIRECT, Over.THREADS, 1, 1, intraOpThreads, 1, Duration.ZERO, reason);
  }
}
