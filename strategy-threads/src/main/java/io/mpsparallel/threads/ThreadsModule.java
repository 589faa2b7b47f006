package io.mpsparallel.threads;

import com.google.inject.AbstractModule;
import com.google.inject.multibindings.Multibinder;
import io.mpsparallel.strategy.StrategyProvider;

/** Installs the strategy {@value ThreadsProvider#ID}, beside {@code ExecutorModule}. */
public final class ThreadsModule extends AbstractModule {
  /** Makes the module. */
  public ThreadsModule() {}

  @Override
  protected void configure() {
    Multibinder.newSetBinder(binder(), StrategyProvider.class)
        .addBinding()
        .toInstance(new ThreadsProvider());
  }
}
