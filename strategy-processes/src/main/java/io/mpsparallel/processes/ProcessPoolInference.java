package io.mpsparallel.processes;

import io.mpsparallel.ResultList;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A pool of worker processes for one model: an executor with the strategy {@value
 * ProcessesProvider#ID} and a model, opened and closed together. Any thread.
 *
 * <pre>{@code
 * try (var pool = ProcessPoolInference.open(Path.of("encoder.pt"), 8);
 *     ResultList results = pool.map(inputs)) { ... }
 * }</pre>
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
public final class ProcessPoolInference implements AutoCloseable {
  private ProcessPoolInference() {}

  /**
   * Opens the engine of the class path in so many processes, with the configured settings.
   *
   * @param model the model's file
   * @param workers how many
   * @return a pool that the caller closes; workers after the first may still start
   * @throws io.mpsparallel.error.InferenceException as {@code InferenceExecutorBuilder.build} and
   *     {@code InferenceExecutor.load}
   */
  public static ProcessPoolInference open(Path model, int workers) {
    throw new UnsupportedOperationException("to be built");
  }

  /**
   * As {@link io.mpsparallel.LoadedModel#infer}.
   *
   * @param inputs the inputs, borrowed
   * @return a result that the caller closes
   */
  public InferenceResult infer(Tensor... inputs) {
    throw new UnsupportedOperationException("to be built");
  }

  /**
   * As {@link io.mpsparallel.LoadedModel#submit}.
   *
   * @param inputs the inputs, owned from now on
   * @return the answer to come
   */
  public CompletableFuture<InferenceResult> submit(Tensor... inputs) {
    throw new UnsupportedOperationException("to be built");
  }

  /**
   * As {@link io.mpsparallel.LoadedModel#map}.
   *
   * @param inputs the input of each request, owned from now on
   * @return the results in the same order, which the caller closes
   */
  public ResultList map(List<Tensor> inputs) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Drains and ends the workers. Idempotent. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("to be built");
  }
}
