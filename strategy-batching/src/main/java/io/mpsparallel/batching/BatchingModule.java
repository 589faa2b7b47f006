package io.mpsparallel.batching;

import com.google.inject.AbstractModule;
import com.google.inject.multibindings.Multibinder;
import io.mpsparallel.strategy.StrategyProvider;

/**
 * Installs the strategy {@value BatchingProvider#ID}, beside {@code ExecutorModule} and the module
 * of the strategy whose lanes run the batches.
 */
public final class BatchingModule extends AbstractModule {
  /** Makes the module. */
  public BatchingModule() {}

  @Override
  protected void configure() {
    Multibinder.newSetBinder(binder(), StrategyProvider.class)
        .addBinding()
        .toInstance(new BatchingProvider());
  }
}
