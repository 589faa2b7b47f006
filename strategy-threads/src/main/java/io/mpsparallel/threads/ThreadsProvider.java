package io.mpsparallel.threads;

import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;

/** Makes the strategy of lanes in this process, id {@value #ID}. */
public final class ThreadsProvider implements StrategyProvider {
  /** The strategy's name in configuration. */
  public static final String ID = "threads";

  /** For {@link java.util.ServiceLoader} and Guice. */
  public ThreadsProvider() {}

  @Override
  public String id() {
    return ID;
  }

  @Override
  public boolean servesSources() {
    return true;
  }

  @Override
  public ParallelismStrategy create(StrategyContext context) {
    return new ThreadsStrategy(context);
  }
}
