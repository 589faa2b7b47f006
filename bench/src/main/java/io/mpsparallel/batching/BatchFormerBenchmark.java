package io.mpsparallel.batching;

import io.mpsparallel.backend.Signature;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.Ticker;
import io.mpsparallel.work.WorkItem;
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
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Forming a batch: so many requests of one row are added, leave together, and the time of their
 * forward is learned. There is no forward, and requests are made before.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class BatchFormerBenchmark {
  private static final int WIDTH = 512;
  private static final long FORWARD_NANOS = 100_000;

  /** How many requests make a batch. */
  @Param({"1", "8", "64"})
  public int requests;

  private final List<WorkItem> items = new ArrayList<>();
  private BatchSource source;

  /** Makes the requests. */
  @Setup(Level.Trial)
  public void open() {
    Traits traits = Traits.of(Signature.UNKNOWN, true, null);
    source =
        new BatchSource(
            1024,
            Ticker.SYSTEM,
            BatchFormer.of(BatchingSettings.DEFAULTS, new Sizes(List.of()), 1, true),
            new Sizes(List.of()),
            version -> traits,
            () -> {});
    ModelVersion version = new ModelVersion(Map.of(), () -> {});
    for (int i = 0; i < requests; i++) {
      NamedTensors inputs = NamedTensors.of(Tensor.of(new float[WIDTH], 1, WIDTH));
      items.add(new WorkItem(version, inputs, true, Priority.NORMAL, WorkItem.NO_DEADLINE));
    }
  }

  /** Frees their inputs. */
  @TearDown(Level.Trial)
  public void close() {
    items.forEach(WorkItem::drop);
  }

  /** One batch. */
  @Benchmark
  public int batch() {
    items.forEach(source::offer);
    if (source.poll() instanceof Batch batch && batch.rows() == requests) {
      source.succeeded(batch, FORWARD_NANOS);
      return batch.rows();
    }
    throw new IllegalStateException("no batch of " + requests + " requests");
  }
}
