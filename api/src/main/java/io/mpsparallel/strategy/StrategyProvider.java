package io.mpsparallel.strategy;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.settings.ExecutorSettings;
import java.util.List;

/**
 * Makes one strategy. Found by {@link java.util.ServiceLoader} or bound with Guice. Stateless, any
 * thread.
 */
public interface StrategyProvider {
  /** {@return the strategy's name in configuration} */
  String id();

  /**
   * Whether its strategies serve a {@linkplain StrategyContext#source source} that they are given,
   * so that another strategy can decide what their lanes run.
   *
   * @return false, unless overridden
   */
  default boolean servesSources() {
    return false;
  }

  /**
   * Whether its strategies run requests in other processes. {@code auto} prefers one that does not.
   *
   * @return false, unless overridden
   */
  default boolean runsElsewhere() {
    return false;
  }

  /**
   * Whether {@link #open} gives what speaks for an engine of another process, so that its models
   * are of no use to strategies that run here.
   *
   * @param settings the executor's settings
   * @param installed every strategy that is installed, for one whose lanes are another's
   * @return as {@link #runsElsewhere}, unless overridden
   */
  default boolean opensElsewhere(ExecutorSettings settings, List<StrategyProvider> installed) {
    return runsElsewhere();
  }

  /**
   * Opens the engine for its strategies: here, or, if they {@linkplain #runsElsewhere run
   * elsewhere}, there, so that what is returned speaks for an engine of another process.
   *
   * @param engine the engine
   * @param settings the executor's settings
   * @param installed every strategy that is installed, for one whose lanes are another's
   * @return a backend that the caller closes, after the strategy
   * @throws io.mpsparallel.error.InferenceException as {@link BackendProvider#open}, and {@code
   *     WORKER_START_FAILED}
   */
  default Backend open(
      BackendProvider engine, ExecutorSettings settings, List<StrategyProvider> installed) {
    return engine.open(settings.backendSettings());
  }

  /**
   * Makes the strategy; it takes no work before {@link ParallelismStrategy#start}.
   *
   * @param context what it works with
   * @return a strategy that the caller closes
   */
  ParallelismStrategy create(StrategyContext context);
}
