package io.mpsparallel.work;

import io.mpsparallel.tensor.NamedTensors;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Adding a request to the queue and taking the one whose turn it is. Requests are made before; with
 * two threads, each may take what the other has added.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class WorkQueueBenchmark {
  /** The queue that threads share. */
  @State(Scope.Benchmark)
  public static class Shared {
    private final WorkQueue queue = new WorkQueue(1024, Ticker.SYSTEM);
  }

  /** The request that each thread adds again and again. */
  @State(Scope.Thread)
  public static class Mine {
    private final WorkItem item =
        new WorkItem(
            new ModelVersion(Map.of(), () -> {}),
            NamedTensors.of(),
            true,
            Priority.NORMAL,
            WorkItem.NO_DEADLINE);
  }

  /** One thread: the cost without contention. */
  @Benchmark
  @Threads(1)
  public @Nullable WorkItem oneThread(Shared shared, Mine mine) {
    return pass(shared.queue, mine.item);
  }

  /** Two threads at once. */
  @Benchmark
  @Threads(2)
  public @Nullable WorkItem twoThreads(Shared shared, Mine mine) {
    return pass(shared.queue, mine.item);
  }

  private static @Nullable WorkItem pass(WorkQueue queue, WorkItem item) {
    queue.offer(item);
    return queue.poll();
  }
}
