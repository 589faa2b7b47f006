package io.mpsparallel.batching;

import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.strategy.BatchStats.Reason;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Counts what becomes of batches. Guarded by the lock of its {@link BatchSource}. */
final class Tally {
  private final Map<Reason, Long> reasons = new EnumMap<>(Reason.class);
  private long batches;
  private long requests;
  private long rows;
  private long padRows;
  private long positions;
  private long padPositions;
  private long bisections;
  private long waitedNanos;

  void left(Batch batch, Reason reason, long nowNanos) {
    List<Waiting> leaving = batch.part().requests();
    int own = 0;
    for (Waiting request : leaving) {
      own += request.rows();
      positions += (long) request.rows() * request.length();
      waitedNanos += nowNanos - request.arrivalNanos();
    }
    batches++;
    requests += leaving.size();
    rows += own;
    padRows += batch.rows() - own;
    padPositions += batch.padPositions();
    reasons.merge(reason, 1L, Long::sum);
  }

  void bisected() {
    bisections++;
  }

  BatchStats stats() {
    Duration waited = Duration.ofNanos(waitedNanos);
    return new BatchStats(
        batches, requests, rows, padRows, positions, padPositions, bisections, waited, reasons);
  }
}
