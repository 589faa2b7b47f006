package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.function.Function;

/**
 * One thing to measure, once in every round.
 *
 * @param name what the tables call it
 * @param measure measures it for some time
 */
record Cell(String name, Function<Duration, Measured> measure) {
  /** {@return a closed loop of threads that wait for their answers} */
  static Cell blocked(String name, Job job, int callers) {
    return new Cell(
        name, time -> BlockedLoop.run(job::infer, callers, Limit.time(time), Ticker.SYSTEM));
  }

  /** {@return a closed loop without threads} */
  static Cell async(String name, Job job, int inFlight) {
    return new Cell(name, time -> AsyncLoop.run(job, inFlight, Limit.time(time), Ticker.SYSTEM));
  }

  /** {@return a closed loop of threads that submit and do not wait} */
  static Cell clients(String name, Job job, int clients, int window) {
    return new Cell(
        name, time -> ClientLoop.run(job, clients, window, Limit.time(time), Ticker.SYSTEM));
  }
}
