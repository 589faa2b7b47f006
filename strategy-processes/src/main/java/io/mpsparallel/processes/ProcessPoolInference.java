package io.mpsparallel.processes;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.ResultList;
import io.mpsparallel.config.HoconSettings;
import io.mpsparallel.settings.ExecutorSettings;
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
public final class ProcessPoolInference implements AutoCloseable {
  private final InferenceExecutor executor;
  private final LoadedModel model;

  private ProcessPoolInference(InferenceExecutor executor, LoadedModel model) {
    this.executor = executor;
    this.model = model;
  }

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
    ExecutorSettings configured = HoconSettings.load();
    ExecutorSettings settings =
        configured
            .withStrategy(ProcessesProvider.ID)
            .withProcesses(configured.processes().withWorkers(workers));
    InferenceExecutor executor = InferenceExecutor.builder().settings(settings).build();
    try {
      return new ProcessPoolInference(executor, executor.load(model));
    } catch (RuntimeException e) {
      executor.close();
      throw e;
    }
  }

  /**
   * As {@link io.mpsparallel.LoadedModel#infer}.
   *
   * @param inputs the inputs, borrowed
   * @return a result that the caller closes
   */
  public InferenceResult infer(Tensor... inputs) {
    return model.infer(inputs);
  }

  /**
   * As {@link io.mpsparallel.LoadedModel#submit}.
   *
   * @param inputs the inputs, owned from now on
   * @return the answer to come
   */
  public CompletableFuture<InferenceResult> submit(Tensor... inputs) {
    return model.submit(inputs);
  }

  /**
   * As {@link io.mpsparallel.LoadedModel#map}.
   *
   * @param inputs the input of each request, owned from now on
   * @return the results in the same order, which the caller closes
   */
  public ResultList map(List<Tensor> inputs) {
    return model.map(inputs);
  }

  /**
   * The executor inside, for its settings and numbers.
   *
   * @return an executor that goes with this pool
   */
  public InferenceExecutor executor() {
    return executor;
  }

  /** Drains and ends the workers. Idempotent. */
  @Override
  public void close() {
    executor.close(); // closes the model as well
  }
}
