package io.mpsparallel.mps;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
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

/** Leasing a stream and giving it back. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class StreamPoolBenchmark {
  private final StreamPool<Integer> pool =
      new StreamPool<>("fake", 31, Duration.ZERO, index -> index, stream -> {});

  /** One thread: the cost without contention. */
  @Benchmark
  @Threads(1)
  public boolean oneThread() {
    return pool.acquire().release();
  }

  /** Two threads at once. */
  @Benchmark
  @Threads(2)
  public boolean twoThreads() {
    return pool.acquire().release();
  }
}
