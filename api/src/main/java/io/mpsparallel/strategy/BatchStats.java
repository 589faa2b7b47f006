package io.mpsparallel.strategy;

import java.time.Duration;
import java.util.Map;

/**
 * What a strategy that puts requests together did since its start, as numbers of one moment.
 * Immutable, any thread.
 *
 * @param batches batches that left for a lane, those of one request included; what is run again
 *     after a failure is not counted
 * @param requests requests in them
 * @param rows rows in them
 * @param padRows rows that were added to reach an allowed size
 * @param positions rows times their lengths, of requests of which {@code padding} is declared
 * @param padPositions positions that were added behind the ends of these to make lengths equal
 * @param bisections failed batches that were divided to find the request at fault
 * @param waited how long all requests together waited before they left
 * @param reasons how many batches left for each reason
 */
public record BatchStats(
    long batches,
    long requests,
    long rows,
    long padRows,
    long positions,
    long padPositions,
    long bisections,
    Duration waited,
    Map<Reason, Long> reasons) {
  /** Why a batch left. */
  public enum Reason {
    /** No more rows or bytes may be in it, or the next request does not fit. */
    FULL,
    /** A lane was free, and waiting for more would not have paid. */
    LANE_FREE,
    /** Its oldest request had waited for as long as is allowed. */
    DELAY,
    /** A request's deadline came near. */
    DEADLINE
  }

  // Copies the map.
  public BatchStats {
    reasons = Map.copyOf(reasons);
  }

  /** {@return the mean number of rows in a batch, padding not counted; 0 before the first} */
  public double meanRows() {
    return batches == 0 ? 0 : (double) rows / batches;
  }

  /** {@return which part of all rows was added to reach an allowed size, 0 to 1} */
  public double rowWaste() {
    return share(padRows, rows);
  }

  /** {@return which part of all positions was added to make lengths equal, 0 to 1} */
  public double lengthWaste() {
    return share(padPositions, positions);
  }

  private static double share(long added, long own) {
    return added == 0 ? 0 : (double) added / (added + own);
  }

  /** {@return how long a request waited on average} */
  public Duration meanWait() {
    return requests == 0 ? Duration.ZERO : waited.dividedBy(requests);
  }
}
