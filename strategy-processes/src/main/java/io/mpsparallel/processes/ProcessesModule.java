package io.mpsparallel.processes;

import com.google.inject.AbstractModule;
import com.google.inject.multibindings.Multibinder;
import io.mpsparallel.strategy.StrategyProvider;

/** Installs the strategy {@value ProcessesProvider#ID}, beside {@code ExecutorModule}. */
public final class ProcessesModule extends AbstractModule {
  /** Makes the module. */
  public ProcessesModule() {}

  @Override
  protected void configure() {
    Multibinder.newSetBinder(binder(), StrategyProvider.class)
        .addBinding()
        .toInstance(new ProcessesProvider());
  }
}
