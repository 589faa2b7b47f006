package io.mpsparallel.tensor;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** Another handle on a tensor's memory and its end, and a tensor made and freed. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class TensorHandleBenchmark {
  private static final float[] VALUES = new float[512];

  /** The tensor that threads share. */
  @State(Scope.Benchmark)
  public static class Shared {
    private final Tensor tensor = Tensor.of(VALUES, 2, VALUES.length / 2);

    /** Frees it. */
    @TearDown(Level.Trial)
    public void close() {
      tensor.close();
    }
  }

  /** One thread: the cost without contention. */
  @Benchmark
  @Threads(1)
  public int shareOneThread(Shared shared) {
    return shared(shared.tensor);
  }

  /** Two threads on one tensor. */
  @Benchmark
  @Threads(2)
  public int shareTwoThreads(Shared shared) {
    return shared(shared.tensor);
  }

  private static int shared(Tensor tensor) {
    try (Tensor other = tensor.share()) {
      return other.spec().rank();
    }
  }

  /** A handle on one of its rows. */
  @Benchmark
  @Threads(1)
  public int slice(Shared shared) {
    try (Tensor row = shared.tensor.slice(1, 2)) {
      return row.spec().rank();
    }
  }

  /** 2 KB of direct memory, filled and freed. */
  @Benchmark
  @Threads(1)
  public int make() {
    try (Tensor made = Tensor.of(VALUES, 1, VALUES.length)) {
      return made.spec().rank();
    }
  }
}
