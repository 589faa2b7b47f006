package io.mpsparallel.cli;

import io.mpsparallel.strategy.BatchStats;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What was measured of a {@link BenchCell} so far: one round after the other. One thread. */
final class BenchSum {
  private final List<Double> rates = new ArrayList<>();
  private final List<Double> behind = new ArrayList<>();
  private final Histogram latencies = new Histogram(3);
  private long errors;
  private long rejected;
  private long batches;
  private long batchRows;
  private double lateNanos;
  private double waitingNanos;
  private double busyNanos;
  private double watchedNanos;

  /**
   * What was applied.
   *
   * @param callers callers at once, or requests in flight; 0 in an open loop
   * @param client how they wait
   * @param rows rows of a request
   * @param perSecond the rate of an open loop; 0 in a closed one
   */
  record Load(int callers, String client, int rows, double perSecond) {}

  /**
   * Adds a round.
   *
   * @param outcome what became of its requests
   * @param watch what was seen meanwhile; closed
   */
  void add(BenchLoad.Outcome outcome, LaneWatch watch) {
    rates.add(outcome.perSecond());
    behind.add(outcome.behind());
    latencies.add(outcome.latencies());
    errors += outcome.errors();
    rejected += outcome.rejected();
    lateNanos += outcome.lateNanos();
    waitingNanos += watch.waitingNanos();
    busyNanos += watch.busyNanos();
    watchedNanos += watch.nanos();
  }

  /**
   * Adds the batches of a round.
   *
   * @param before the counts before it, if the strategy makes batches
   * @param after those after it
   */
  void add(@Nullable BatchStats before, @Nullable BatchStats after) {
    if (after != null) {
      batches += after.batches() - (before == null ? 0 : before.batches());
      batchRows += after.rows() - (before == null ? 0 : before.rows());
    }
  }

  /** {@return the figures} */
  BenchCell cell(String strategy, Load load) {
    boolean open = load.perSecond() > 0;
    return new BenchCell(
        strategy,
        load.callers(),
        load.client(),
        load.rows(),
        median(rates),
        Collections.min(rates),
        Collections.max(rates),
        latencies.getValueAtPercentile(50) / 1e3,
        latencies.getValueAtPercentile(99) / 1e3,
        latencies.getMaxValue() / 1e3,
        batches <= 0 ? load.rows() : (double) batchRows / batches,
        errors,
        rejected,
        spent(),
        open ? new BenchCell.Open(load.perSecond(), median(behind)) : null);
  }

  /** Requests that were rejected did not wait; those that failed later may have. */
  private BenchCell.Spent spent() {
    long answered = latencies.getTotalCount();
    double mean = answered == 0 ? 0 : latencies.getMean() / 1e3;
    double late = Math.min(mean, lateNanos / 1e3 / Math.max(1, answered + errors + rejected));
    double waiting = Math.min(mean - late, waitingNanos / 1e3 / Math.max(1, answered + errors));
    return new BenchCell.Spent(mean, late, waiting, busyNanos / Math.max(1, watchedNanos));
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
