package io.mpsparallel.policy;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the policy does with a window of 8 kinds of work that are served as it chooses, with trials
 * of the alternative as they come. Lanes answer half as many requests as batches do. It happens
 * once in 250 ms.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class AdaptivePolicyBenchmark {
  private static final int KINDS = 8;
  private static final double IN_FLIGHT = 16;
  private static final long WINDOW_NANOS = 250_000_000;

  private final AdaptivePolicy policy =
      new AdaptivePolicy(
          new PolicyFacts(List.of(Choice.THREADS, Choice.BATCHING), false, Profile.NONE));
  private final List<Map<Choice, LoadSample>> samples = new ArrayList<>();

  /** Makes what is seen of each kind, whatever serves it. */
  @Setup(Level.Trial)
  public void make() {
    for (int bucket = 0; bucket < KINDS; bucket++) {
      WorkKind kind = new WorkKind("model", bucket);
      samples.add(
          Map.of(
              Choice.THREADS, sample(kind, Choice.THREADS, 1000),
              Choice.BATCHING, sample(kind, Choice.BATCHING, 2000)));
    }
  }

  private static LoadSample sample(WorkKind kind, Choice choice, long requests) {
    long mean = Math.round(IN_FLIGHT * WINDOW_NANOS / requests);
    return new LoadSample(kind, choice, IN_FLIGHT, requests, requests, WINDOW_NANOS, mean);
  }

  /** One window. */
  @Benchmark
  public List<Decision> observe() {
    List<LoadSample> window = new ArrayList<>(KINDS);
    for (Map<Choice, LoadSample> each : samples) {
      window.add(served(each));
    }
    return policy.observe(window);
  }

  private LoadSample served(Map<Choice, LoadSample> each) {
    LoadSample one = requireNonNull(each.get(Choice.THREADS));
    return requireNonNull(each.get(policy.choose(one.kind(), IN_FLIGHT)));
  }
}
