package io.mpsparallel.batching;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.Installed;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import java.util.List;

/** Makes the strategy that puts requests together, id {@value #ID}. */
public final class BatchingProvider implements StrategyProvider {
  /** The strategy's name in configuration. */
  public static final String ID = "batching";

  /** For {@link java.util.ServiceLoader} and Guice. */
  public BatchingProvider() {}

  @Override
  public String id() {
    return ID;
  }

  @Override
  public boolean opensElsewhere(ExecutorSettings settings, List<StrategyProvider> installed) {
    StrategyProvider below = below(settings, installed);
    return below.servesSources() && below.opensElsewhere(settings, installed);
  }

  @Override
  public Backend open(
      BackendProvider engine, ExecutorSettings settings, List<StrategyProvider> installed) {
    StrategyProvider below = below(settings, installed);
    return below.servesSources() // else it is refused when the strategy is made
        ? below.open(engine, settings, installed)
        : engine.open(settings.backendSettings());
  }

  private static StrategyProvider below(
      ExecutorSettings settings, List<StrategyProvider> installed) {
    String over = settings.batching().over();
    return Installed.choose("batching.over", over, installed, StrategyProvider::id);
  }

  @Override
  public ParallelismStrategy create(StrategyContext context) {
    return new BatchingStrategy(context);
  }
}
