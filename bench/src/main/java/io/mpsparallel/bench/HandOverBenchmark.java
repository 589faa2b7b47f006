package io.mpsparallel.bench;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a strategy adds to a request, over an engine that takes no time and answers with the input:
 * through the queue and a lane, and back to the caller who waits; and on the caller's own thread.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class HandOverBenchmark {
  /** The id of the strategy. */
  @Param({"single", "threads", "batching", "adaptive"})
  public String strategy;

  private InferenceExecutor executor;
  private LoadedModel model;
  private Tensor input;

  /** Opens the executor. */
  @Setup(Level.Trial)
  public void open() {
    ExecutorSettings settings = ExecutorSettings.DEFAULTS.withStrategy(strategy);
    executor = InferenceExecutor.builder().settings(settings).backend(new InstantEngine()).build();
    model = executor.load(ModelSource.of(Path.of("instant")));
    input = Tensor.of(new float[16], 1, 16);
  }

  /** Closes it. */
  @TearDown(Level.Trial)
  public void close() {
    model.close();
    executor.close();
    input.close();
  }

  /** Handed in, and waited for. */
  @Benchmark
  public long submitAndJoin() {
    try (InferenceResult result = model.submit(input.share()).join()) {
      return result.tensor().spec().elements();
    }
  }

  /** Asked for on an idle executor. */
  @Benchmark
  public long infer() {
    try (InferenceResult result = model.infer(input)) {
      return result.tensor().spec().elements();
    }
  }
}
