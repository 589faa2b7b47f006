package io.mpsparallel.adaptive;

import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;

/**
 * Makes the strategy that chooses, for each kind of work, between the strategies that are installed
 * and run in this process; id {@value #ID}.
 */
public final class AdaptiveProvider implements StrategyProvider {
  /** The strategy's name in configuration. */
  public static final String ID = "adaptive";

  /** For Guice and the builder. */
  public AdaptiveProvider() {}

  @Override
  public String id() {
    return ID;
  }

  @Override
  public ParallelismStrategy create(StrategyContext context) {
    return new AdaptiveStrategy(context);
  }
}
