package io.mpsparallel.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one strategy did with one load. Immutable, any thread.
 *
 * @param strategy its id
 * @param callers callers at once, or requests in flight; 0 in an open loop
 * @param client {@code blocking}, {@code async} or {@code open}
 * @param rows rows of a request
 * @param requestsPerSecond the median of the rounds
 * @param least that of the slowest round
 * @param most that of the fastest round
 * @param p50Micros half of the answers came within so many microseconds, over all rounds
 * @param p99Micros 99 of 100 answers did
 * @param maxMicros all answers did
 * @param meanBatchRows rows of a forward on average
 * @param errors requests that failed
 * @param rejected requests that were rejected for the queue was full
 * @param spent where the time of a request went
 * @param open the open loop, or null if it was a closed one
 */
record BenchCell(
    String strategy,
    int callers,
    String client,
    int rows,
    double requestsPerSecond,
    double least,
    double most,
    double p50Micros,
    double p99Micros,
    double maxMicros,
    double meanBatchRows,
    long errors,
    long rejected,
    Spent spent,
    @Nullable Open open) {
  /** How far below the asked rate still counts as that rate. */
  private static final double SHORT = 0.05;

  /**
   * Where the time of a request went, on average over all rounds.
   *
   * @param meanMicros from the call, or in an open loop from the moment it was due, to the answer
   * @param lateMicros until it was sent: more than 0 only in an open loop
   * @param waitingMicros in the strategy's queue
   * @param busy which part of the lanes had work, 0 to 1
   */
  record Spent(double meanMicros, double lateMicros, double waitingMicros, double busy) {
    /** {@return the rest: the forward, and whatever it takes to hand over request and answer} */
    double runningMicros() {
      return Math.max(0, meanMicros - lateMicros - waitingMicros);
    }
  }

  /**
   * An open loop.
   *
   * @param rate the requests a second that were asked for
   * @param behind the part of the requests that still had no answer when the last had been sent,
   *     those apart that are always under way; the median of the rounds
   */
  record Open(double rate, double behind) {}

  /** {@return requests without an answer} */
  long failed() {
    return errors + rejected;
  }

  /** {@return whether its answers came as fast as requests did; true in a closed loop} */
  boolean keptUp() {
    return open == null
        || (requestsPerSecond >= (1 - SHORT) * open.rate() && open.behind() <= SHORT);
  }

  double rowsPerSecond() {
    return requestsPerSecond * rows;
  }

  /** {@return the cell for programs; keys are only ever added} */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("strategy", strategy);
    json.put("callers", callers);
    json.put("client", client);
    json.put("rows", rows);
    json.put("requests_per_s", requestsPerSecond);
    json.put("requests_per_s_least", least);
    json.put("requests_per_s_most", most);
    json.put("rows_per_s", rowsPerSecond());
    json.put("p50_us", p50Micros);
    json.put("p99_us", p99Micros);
    json.put("max_us", maxMicros);
    json.put("mean_batch_rows", meanBatchRows);
    json.put("errors", errors);
    json.put("rejected", rejected);
    json.put("mean_us", spent.meanMicros());
    json.put("late_us", spent.lateMicros());
    json.put("waiting_us", spent.waitingMicros());
    json.put("running_us", spent.runningMicros());
    json.put("lanes_busy", spent.busy());
    if (open != null) {
      json.put("rate", open.rate());
      json.put("behind", open.behind());
      json.put("kept_up", keptUp());
    }
    return json;
  }
}
