package io.mpsparallel.cli;

import java.util.LinkedHashMap;
import java.util.Map;

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
    long rejected) {
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
    return json;
  }
}
