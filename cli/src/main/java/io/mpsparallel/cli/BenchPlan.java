package io.mpsparallel.cli;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.tensor.NamedTensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What to measure: each strategy with each number of callers, in rounds, one strategy after the
 * other in each round, so that what changes on the machine meets all of them. One thread.
 *
 * @param client how callers wait
 * @param callers how many, each a load; ignored in an open loop
 * @param perSecond the rate of an open loop
 * @param rows rows of a request
 * @param time for how long each load is applied in a round
 * @param rounds how many rounds
 */
record BenchPlan(
    Client client, List<Integer> callers, double perSecond, int rows, Duration time, int rounds) {
  /** How callers wait. */
  enum Client {
    /** Threads that wait for their answer. */
    BLOCKING,
    /** One thread that keeps so many requests in flight. */
    ASYNC,
    /** Nobody waits: requests come at a rate. */
    OPEN
  }

  /** A strategy that is ready. */
  record Contender(String strategy, InferenceExecutor executor, LoadedModel model) {}

  /** {@return the loads: numbers of callers, or one open loop} */
  private List<Integer> loads() {
    return client == Client.OPEN ? List.of(0) : callers;
  }

  /** {@return how many measurements there will be, those to get warm included} */
  int steps(int contenders) {
    return loads().size() * contenders * (rounds + 1);
  }

  /**
   * Measures.
   *
   * @param contenders the strategies
   * @param inputs of each request; they stay the caller's
   * @param progress hears of each measurement
   * @return the cells, load by load
   */
  List<BenchCell> run(List<Contender> contenders, NamedTensors inputs, Consumer<String> progress) {
    List<BenchCell> cells = new ArrayList<>();
    for (int load : loads()) {
      Map<Contender, BenchSum> sums = new LinkedHashMap<>();
      contenders.forEach(one -> sums.put(one, new BenchSum()));
      for (Contender one : contenders) {
        progress.accept(one.strategy() + " gets warm" + text(load));
        apply(one, inputs, load, time.dividedBy(2));
      }
      for (int round = 1; round <= rounds; round++) {
        for (Contender one : contenders) {
          progress.accept(one.strategy() + ", round " + round + text(load));
          measure(one, inputs, load, sums.getOrDefault(one, new BenchSum()));
        }
      }
      String how = client.name().toLowerCase(java.util.Locale.ROOT);
      BenchSum.Load what = new BenchSum.Load(load, how, rows, perSecond);
      sums.forEach((one, sum) -> cells.add(sum.cell(one.strategy(), what)));
    }
    return cells;
  }

  private void measure(Contender one, NamedTensors inputs, int load, BenchSum sum) {
    BatchStats before = one.executor().stats().batching();
    LaneWatch watch = new LaneWatch(one.executor()::stats);
    BenchLoad.Outcome outcome;
    try (watch) {
      outcome = apply(one, inputs, load, time);
    }
    sum.add(outcome, watch);
    sum.add(before, one.executor().stats().batching());
  }

  private static String text(int load) {
    return load == 0 ? "" : ", " + load + " callers";
  }

  private BenchLoad.Outcome apply(
      Contender one, NamedTensors inputs, int load, Duration forSoLong) {
    BenchLoad requests = new BenchLoad(one.model(), inputs);
    return switch (client) {
      case BLOCKING -> requests.blocking(load, forSoLong);
      case ASYNC -> requests.async(load, forSoLong);
      case OPEN -> requests.open(perSecond, forSoLong);
    };
  }
}
