package io.mpsparallel.bench;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.io.IOException;
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
 * There and back to a worker process with a model that returns its input: by the caller's own
 * thread, and through the queue. The first copies the values in; answers are views.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class RoundTripBenchmark {
  /** float32 values in the one row of the input: 4 KB and 4 MB. */
  @Param({"1024", "1048576"})
  public int width;

  private BenchModel identity;
  private InferenceExecutor executor;
  private LoadedModel model;
  private Tensor input;

  /** Starts the worker and checks an answer of it. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    ExecutorSettings settings =
        ExecutorSettings.DEFAULTS
            .withStrategy("processes")
            .withDevice("cpu")
            .withProcesses(ProcessSettings.DEFAULTS.withWorkers(1));
    identity = BenchModel.write(BenchModel.IDENTITY);
    executor = InferenceExecutor.builder().settings(settings).build();
    model = executor.load(identity.file());
    input = Tensor.of(new float[width], 1, width);
    try (InferenceResult answer = model.infer(input)) {
      identity.check(input, answer);
    }
  }

  /** Ends the worker. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    model.close();
    executor.close();
    input.close();
    identity.close();
  }

  /** By the caller's own thread. */
  @Benchmark
  public long infer() {
    try (InferenceResult result = model.infer(input)) {
      return result.tensor().spec().elements();
    }
  }

  /** Through the queue, waiting for the answer. */
  @Benchmark
  public long submitAndJoin() {
    try (InferenceResult result = model.submit(input.share()).join()) {
      return result.tensor().spec().elements();
    }
  }
}
