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

/** Beginning and ending a use of a native object. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class NativeHandleBenchmark {
  private final NativeHandle handle = new NativeHandle("model", Duration.ofSeconds(1), () -> {});

  /** One thread: the cost without contention. */
  @Benchmark
  @Threads(1)
  public void oneThread() {
    handle.acquire();
    handle.release();
  }

  /** Two threads on one object. */
  @Benchmark
  @Threads(2)
  public void twoThreads() {
    handle.acquire();
    handle.release();
  }
}
