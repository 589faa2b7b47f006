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
  private long bisections;
  private long waitedNanos;

  void left(List<Waiting> leaving, Reason reason, long nowNanos) {
    batches++;
    requests += leaving.size();
    for (Waiting request : leaving) {
      rows += request.rows();
      waitedNanos += nowNanos - request.arrivalNanos();
    }
    reasons.merge(reason, 1L, Long::sum);
  }

  void padded(int added) {
    padRows += added;
  }

  void bisected() {
    bisections++;
  }

  BatchStats stats() {
    Duration waited = Duration.ofNanos(waitedNanos);
    return new BatchStats(batches, requests, rows, padRows, bisections, waited, reasons);
  }
}
