package io.mpsparallel.batching;

import io.mpsparallel.backend.Signature;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.Ticker;
import io.mpsparallel.work.WorkItem;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Control;

/**
 * Many clients hand requests of one row in, at most so many of which wait; two lanes take them in
 * batches, which cost nothing. {@code offer} counts requests.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class HandInBenchmark {
  private static final int MOST_WAITING = 1024;
  private static final ModelVersion VERSION = new ModelVersion(Map.of(), () -> {});

  /** The source that all share. */
  @State(Scope.Benchmark)
  public static class Shared {
    private final BatchSource source =
        new BatchSource(
            1 << 20,
            Ticker.SYSTEM,
            BatchingSettings.DEFAULTS,
            1,
            false,
            any -> Traits.of(Signature.UNKNOWN, true, null),
            () -> {});
  }

  /** The request that each client hands in again and again. */
  @State(Scope.Thread)
  public static class Mine {
    private final WorkItem item =
        new WorkItem(
            VERSION,
            NamedTensors.of(Tensor.of(new float[256], 1, 256)),
            true,
            Priority.NORMAL,
            WorkItem.NO_DEADLINE);
  }

  /** A client. */
  @Benchmark
  @Group("clients")
  @GroupThreads(16)
  @SuppressWarnings("ThreadPriorityCheck") // there are more threads than cores
  public void offer(Shared shared, Mine mine, Control control) {
    while (shared.source.size() >= MOST_WAITING) {
      if (control.stopMeasurement) {
        return; // nobody may take any more
      }
      Thread.yield();
    }
    shared.source.offer(mine.item);
  }

  /** A lane. */
  @Benchmark
  @Group("clients")
  @GroupThreads(2)
  @SuppressWarnings("ThreadPriorityCheck") // there are more threads than cores
  public void poll(Shared shared) {
    Job batch = shared.source.poll();
    if (batch == null) {
      Thread.yield();
    } else {
      shared.source.ended((Batch) batch);
    }
  }
}
