package io.mpsparallel.cli;

import com.google.inject.Guice;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.backend.Backend;
import io.mpsparallel.batching.BatchingModule;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.inject.ExecutorModule;
import io.mpsparallel.mps.MpsBackendModule;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.mps.TorchBackendProvider;
import io.mpsparallel.processes.ProcessesModule;
import io.mpsparallel.settings.AdaptiveSettings;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.threads.ThreadsModule;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/** Where commands get executors and engines from; tests put others in their place. Any thread. */
interface Engines {
  /** libtorch and every strategy, wired with Guice. */
  Engines INSTALLED =
      new Engines() {
        @Override
        public InferenceExecutor executor(ExecutorSettings settings) {
          return readable(
              () ->
                  Guice.createInjector(
                          new ExecutorModule(settings),
                          new MpsBackendModule(),
                          new ThreadsModule(),
                          new BatchingModule(),
                          new ProcessesModule())
                      .getInstance(InferenceExecutor.class));
        }

        @Override
        public Backend backend(BackendSettings settings) {
          return readable(() -> new TorchBackendProvider().open(settings));
        }
      };

  /**
   * Makes an executor.
   *
   * @param settings how it works
   * @return an executor that the caller closes
   * @throws InferenceException if it cannot be made
   */
  InferenceExecutor executor(ExecutorSettings settings);

  /**
   * Opens the engine itself.
   *
   * @param settings how
   * @return an engine that the caller closes
   * @throws InferenceException if it cannot be opened
   */
  Backend backend(BackendSettings settings);

  /**
   * The strategies that {@link #executor} can use, for comparing them.
   *
   * @return their ids
   */
  default List<String> strategies() {
    return List.of("threads", "batching", "single");
  }

  /** {@return the strategies that {@code demo} compares under load} */
  default List<String> compared() {
    return List.of("threads", "batching", "processes", "adaptive");
  }

  /**
   * What {@code adaptive} can choose from in an {@link #executor}.
   *
   * @return the ids of its choices
   */
  default List<String> choices() {
    return AdaptiveSettings.ALL_CHOICES;
  }

  /**
   * Writes a multi-layer perceptron with seeded weights as TorchScript.
   *
   * @param file where to
   * @param seed decides the weights
   * @param widths the sizes of input, hidden layers and output
   */
  default void writeMlp(Path file, long seed, int... widths) {
    readable(() -> ScriptModels.mlp(file, seed, widths));
  }

  /**
   * Writes a model without weights from TorchScript source.
   *
   * @param file where to
   * @param source a method {@code forward}
   */
  default void writeScript(Path file, String source) {
    readable(() -> ScriptModels.script(file, source));
  }

  /** Finds our own exception in those of Guice and of the class loader, or makes one. */
  static <T> T readable(Supplier<T> maker) {
    try {
      return maker.get();
    } catch (RuntimeException | LinkageError e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof InferenceException known) {
          throw known;
        }
        if (cause instanceof LinkageError) {
          throw new InferenceException(
              ErrorCode.NATIVE_UNAVAILABLE,
              "the native libraries cannot be loaded: "
                  + cause.getMessage()
                  + "; 'mps-parallel doctor' says more",
              e);
        }
      }
      throw e;
    }
  }
}
