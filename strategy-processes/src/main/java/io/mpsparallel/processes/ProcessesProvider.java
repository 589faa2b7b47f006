package io.mpsparallel.processes;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import java.util.List;

/** Makes the strategy of worker processes, id {@value #ID}. */
public final class ProcessesProvider implements StrategyProvider {
  /** The strategy's name in configuration. */
  public static final String ID = "processes";

  /** For {@link java.util.ServiceLoader} and Guice. */
  public ProcessesProvider() {}

  @Override
  public String id() {
    return ID;
  }

  @Override
  public boolean servesSources() {
    return true;
  }

  @Override
  public boolean runsElsewhere() {
    return true;
  }

  @Override
  public Backend open(
      BackendProvider engine, ExecutorSettings settings, List<StrategyProvider> installed) {
    return ProcessBackend.open(engine.id(), settings, Launcher.of(settings));
  }

  @Override
  public ParallelismStrategy create(StrategyContext context) {
    return new ProcessesStrategy(context);
  }
}
