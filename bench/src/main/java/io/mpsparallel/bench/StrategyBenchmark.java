package io.mpsparallel.bench;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
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
 * Requests per second of each strategy, over models, callers and rows, at default settings. Callers
 * are requests in flight: one thread takes the oldest answer and asks again, which is one
 * operation, so that as many as {@code callers} are under way at any time. {@code adaptive} learns
 * during the warm-up; give it 5 s or more.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class StrategyBenchmark {
  /** The id of the strategy. */
  @Param({"threads", "processes", "batching", "adaptive"})
  public String strategy;

  /** The demo's network, or a model that returns its input. */
  @Param({"mlp", "identity"})
  public String model;

  /** Requests in flight. */
  @Param({"1", "8", "64"})
  public int callers;

  /** Rows of 512 values in each request. */
  @Param({"1", "8"})
  public int rows;

  /** Where the model runs. */
  @Param("cpu")
  public String device;

  private BenchModel written;
  private InferenceExecutor executor;
  private LoadedModel loaded;
  private Tensor input;
  private final Deque<CompletableFuture<InferenceResult>> inFlight = new ArrayDeque<>();

  /** Opens the executor and checks an answer of it. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    ExecutorSettings settings = ExecutorSettings.DEFAULTS.withStrategy(strategy).withDevice(device);
    written = BenchModel.write(model);
    executor = InferenceExecutor.builder().settings(settings).build();
    loaded = executor.load(written.file());
    input = BenchModel.input(rows);
    try (InferenceResult one = loaded.infer(input);
        InferenceResult two = loaded.submit(input.share()).join()) {
      written.check(input, one);
      written.check(input, two);
    }
  }

  /** Puts the callers' first requests on their way. */
  @Setup(Level.Iteration)
  public void begin() {
    for (int i = 0; i < callers; i++) {
      ask();
    }
  }

  /** Waits for the callers' last answers. */
  @TearDown(Level.Iteration)
  public void end() {
    while (!inFlight.isEmpty()) {
      inFlight.removeFirst().join().close();
    }
  }

  /** Closes everything, and deletes the file. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    loaded.close();
    executor.close();
    input.close();
    written.close();
  }

  private void ask() {
    inFlight.addLast(loaded.submit(input.share()));
  }

  /** One answer, and the next request. */
  @Benchmark
  public long requests() {
    try (InferenceResult result = inFlight.removeFirst().join()) {
      ask();
      return result.tensor().spec().elements();
    }
  }
}
