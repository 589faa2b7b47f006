package io.mpsparallel.batching;

import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;

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
  public ParallelismStrategy create(StrategyContext context) {
    return new BatchingStrategy(context);
  }
}
