package io.mpsparallel.mps;

import com.google.inject.AbstractModule;
import com.google.inject.multibindings.Multibinder;
import io.mpsparallel.backend.BackendProvider;

/** Installs libtorch as an engine, beside {@code ExecutorModule}. */
public final class MpsBackendModule extends AbstractModule {
  /** Makes the module. */
  public MpsBackendModule() {}

  @Override
  protected void configure() {
    Multibinder.newSetBinder(binder(), BackendProvider.class)
        .addBinding()
        .toInstance(new TorchBackendProvider());
  }
}
