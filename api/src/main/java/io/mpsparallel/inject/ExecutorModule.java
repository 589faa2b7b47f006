package io.mpsparallel.inject;

import static java.util.Objects.requireNonNull;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.multibindings.Multibinder;
import com.typesafe.config.Config;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.InferenceExecutorBuilder;
import io.mpsparallel.adaptive.AdaptiveProvider;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.config.HoconSettings;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.strategy.StrategyProvider;
import java.util.Set;

/**
 * Binds one {@link InferenceExecutor}, made of the engines and strategies whose modules are
 * installed beside this one, and of no others. The executor is made when it is first asked for, and
 * whoever made the injector closes it.
 */
public final class ExecutorModule extends AbstractModule {
  private final ExecutorSettings settings;

  /**
   * Reads the settings at once, so that mistakes show before anything is made.
   *
   * @param config a configuration, such as {@code ConfigFactory.load()}
   * @throws InferenceException {@code CONFIG_INVALID} with everything that is wrong
   */
  public ExecutorModule(Config config) {
    this(HoconSettings.parse(config));
  }

  /**
   * Takes settings that are made already.
   *
   * @param settings the settings
   */
  public ExecutorModule(ExecutorSettings settings) {
    this.settings = requireNonNull(settings, "settings");
  }

  @Override
  protected void configure() {
    binder().requireExplicitBindings();
    bind(ExecutorSettings.class).toInstance(settings);
    Multibinder.newSetBinder(binder(), BackendProvider.class);
    Multibinder.newSetBinder(binder(), StrategyProvider.class);
  }

  @Provides
  @Singleton
  InferenceExecutor executor(
      ExecutorSettings chosen, Set<BackendProvider> backends, Set<StrategyProvider> strategies) {
    if (backends.isEmpty()) {
      throw new InferenceException(
          ErrorCode.NOT_INSTALLED,
          "no engine: install a backend's module, such as MpsBackendModule");
    }
    InferenceExecutorBuilder builder = InferenceExecutor.builder().settings(chosen);
    backends.forEach(builder::backend);
    strategies.forEach(builder::strategy);
    builder.strategy(new SingleLaneProvider()).strategy(new AdaptiveProvider());
    return builder.build();
  }
}
