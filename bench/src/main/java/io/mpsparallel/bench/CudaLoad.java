package io.mpsparallel.bench;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * A load of the scenario {@code cuda}, which is run for a while before it is measured: graphs are
 * captured when a shape comes again and again.
 *
 * @param name what the tables call it
 * @param warmCalls how many calls come first, unless they take too long
 * @param load runs it until a limit
 */
record CudaLoad(String name, long warmCalls, Function<Limit, Measured> load) {
  private static final Duration WARM_TIME = Duration.ofMillis(1500);
  private static final long CALLS_PER_LANE = 300;

  /** {@return threads that call functions of their own} */
  static CudaLoad raw(String name, List<? extends Runnable> calls) {
    return new CudaLoad(
        name,
        CALLS_PER_LANE * calls.size(),
        limit ->
            BlockedLoop.runEach(
                i -> request -> calls.get(i).run(), calls.size(), limit, Ticker.SYSTEM));
  }

  /** {@return callers that wait for their answers} */
  static CudaLoad blocked(String name, Rig rig, NamedTensors inputs, int callers, int lanes) {
    Job job = Job.of(rig.model(), inputs);
    return new CudaLoad(
        name,
        CALLS_PER_LANE * lanes,
        limit -> BlockedLoop.run(job::infer, callers, limit, Ticker.SYSTEM));
  }

  /** {@return so many requests in flight, submitted by nobody's threads} */
  static CudaLoad async(String name, Rig rig, NamedTensors inputs, int inFlight, int slots) {
    Job job = Job.of(rig.model(), inputs);
    return new CudaLoad(
        name,
        CALLS_PER_LANE * slots / 4,
        limit -> AsyncLoop.run(job, inFlight, limit, Ticker.SYSTEM));
  }

  /** {@return clients that submit and do not wait; warm for as long as is allowed} */
  static CudaLoad clients(String name, Rig rig, NamedTensors inputs, int clients, int window) {
    Job job = Job.of(rig.model(), inputs);
    return new CudaLoad(
        name, Long.MAX_VALUE, limit -> ClientLoop.run(job, clients, window, limit, Ticker.SYSTEM));
  }

  /**
   * {@return what it gave before it counts} For no longer than three times the time that counts.
   */
  Measured warm(Duration time) {
    Duration most = time.multipliedBy(3);
    return load.apply(new Limit(warmCalls, most.compareTo(WARM_TIME) < 0 ? most : WARM_TIME));
  }
}
