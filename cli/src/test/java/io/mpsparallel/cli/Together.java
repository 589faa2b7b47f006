package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Requests to a model on libtorch's CPU, one by one and all at once: the answers are the same. */
final class Together {
  /** Rows of requests that stand for all. */
  static final int[] MIXED_ROWS = {1, 2, 4, 1, 3, 2, 1, 4};

  private static final double WITHIN = 1e-5;
  private static final long PATIENCE_SECONDS = 60;

  private final Path directory;

  /** Keeps what it needs in a directory. */
  Together(Path directory) {
    this.directory = directory;
  }

  private static ExecutorSettings settings(String strategy) {
    return ExecutorSettings.DEFAULTS
        .withDevice("cpu")
        .withStrategy(strategy)
        .withLanes(LaneSettings.DEFAULTS.withCount(1));
  }

  /**
   * Checks that the answers are the same, and how many requests shared each forward.
   *
   * @param requests inputs, which stay the caller's
   * @param sharing how many requests must have shared each one's forward
   * @return what the strategy counted
   */
  BatchStats assertSame(ModelSource source, List<NamedTensors> requests, int... sharing) {
    List<InferenceResult> alone = alone(source, requests);
    try (InferenceExecutor executor =
            InferenceExecutor.builder().settings(settings("batching")).build();
        LoadedModel model = executor.load(source)) {
      List<CompletableFuture<InferenceResult>> futures = together(executor, model, requests);
      for (int i = 0; i < requests.size(); i++) {
        try (InferenceResult result = futures.get(i).join();
            InferenceResult expected = alone.get(i)) {
          assertThat(result.served().batchRequests()).as("sharing of %d", i).isEqualTo(sharing[i]);
          assertEqual(result.outputs(), expected.outputs(), WITHIN);
        }
      }
      return Objects.requireNonNull(executor.stats().batching());
    }
  }

  /** The answers of requests that are run one by one, without batches. */
  static List<InferenceResult> alone(ModelSource source, List<NamedTensors> requests) {
    List<InferenceResult> results = new ArrayList<>();
    try (InferenceExecutor executor =
            InferenceExecutor.builder().settings(settings("single")).build();
        LoadedModel model = executor.load(source)) {
      requests.forEach(inputs -> results.add(model.infer(InferenceRequest.of(inputs)).detach()));
    }
    return results;
  }

  /** Keeps the only lane busy until all are handed in. */
  private List<CompletableFuture<InferenceResult>> together(
      InferenceExecutor executor, LoadedModel model, List<NamedTensors> requests) {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch all = new CountDownLatch(1);
    Path script = directory.resolve("plus.pt");
    ScriptModels.script(script, "def forward(self, x: Tensor) -> Tensor:\n  return x + 1\n");
    try (LoadedModel plus = executor.load(script)) {
      CompletableFuture<InferenceResult> held = plus.submit(holding(busy, all));
      await(busy);
      List<CompletableFuture<InferenceResult>> futures =
          requests.stream().map(in -> model.submit(InferenceRequest.of(in.share()))).toList();
      all.countDown();
      held.join().close();
      return futures;
    } finally {
      all.countDown();
    }
  }

  /** An input that keeps the thread which lets it go. */
  private static Tensor holding(CountDownLatch busy, CountDownLatch until) {
    return Tensor.adopt(
        ByteBuffer.allocateDirect(4),
        TensorSpec.of(DType.FLOAT32, 1, 1),
        () -> {
          busy.countDown();
          await(until);
        });
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static void assertEqual(NamedTensors found, NamedTensors expected, double within) {
    assertThat(found.size()).isEqualTo(expected.size());
    for (int output = 0; output < found.size(); output++) {
      assertThat(found.get(output).spec()).isEqualTo(expected.get(output).spec());
      float[] values = found.get(output).toFloatArray();
      float[] others = expected.get(output).toFloatArray();
      for (int i = 0; i < values.length; i++) {
        if (!(Math.abs(values[i] - others[i]) <= within)) { // or no number; for all it takes long
          assertThat((double) values[i])
              .as("element %d of output %d", i, output)
              .isEqualTo(others[i], within(within));
        }
      }
    }
  }
}
