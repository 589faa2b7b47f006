package io.mpsparallel;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.adaptive.AdaptiveProvider;
import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.work.SharedTraffic;
import io.mpsparallel.work.Ticker;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Puts an executor together. Without {@link #backend} or {@link #strategy}, whatever the class path
 * holds is installed; of strategies, those first that others can run over. One thread.
 */
public final class InferenceExecutorBuilder {
  private final List<BackendProvider> backends = new ArrayList<>();
  private final List<StrategyProvider> strategies = new ArrayList<>();
  private ExecutorSettings settings = ExecutorSettings.DEFAULTS;
  private Ticker ticker = Ticker.SYSTEM;
  private @Nullable Backend instance;

  InferenceExecutorBuilder() {}

  /**
   * Sets the settings.
   *
   * @param changed the settings
   * @return this builder
   */
  public InferenceExecutorBuilder settings(ExecutorSettings changed) {
    settings = requireNonNull(changed, "changed");
    return this;
  }

  /**
   * Installs an engine; the first one installed is what {@code auto} means.
   *
   * @param provider the engine
   * @return this builder
   */
  public InferenceExecutorBuilder backend(BackendProvider provider) {
    backends.add(requireNonNull(provider, "provider"));
    return this;
  }

  /**
   * Uses an engine that is open already. It stays the caller's to close, and cannot be used by
   * strategies that open the engine in other processes.
   *
   * @param opened the engine
   * @return this builder
   */
  public InferenceExecutorBuilder backend(Backend opened) {
    instance = requireNonNull(opened, "opened");
    return this;
  }

  /**
   * Installs a strategy; the first one installed is what {@code auto} means.
   *
   * @param provider the strategy
   * @return this builder
   */
  public InferenceExecutorBuilder strategy(StrategyProvider provider) {
    strategies.add(requireNonNull(provider, "provider"));
    return this;
  }

  /**
   * Replaces the clock, for tests.
   *
   * @param changed the clock of the deadlines
   * @return this builder
   */
  public InferenceExecutorBuilder ticker(Ticker changed) {
    ticker = requireNonNull(changed, "changed");
    return this;
  }

  /**
   * Opens the engine and starts the strategy.
   *
   * @return an executor that the caller closes
   * @throws InferenceException {@code NOT_INSTALLED} if the settings name what is not installed,
   *     {@code DEVICE_UNAVAILABLE}, or {@code NATIVE_UNAVAILABLE}
   */
  public InferenceExecutor build() {
    return new LocalExecutor(
        new SiteMaker(
            installedBackends(), installedStrategies(), instance, ticker, new SharedTraffic()),
        settings);
  }

  private List<StrategyProvider> installedStrategies() {
    List<StrategyProvider> installed = new ArrayList<>(strategies);
    if (installed.isEmpty()) {
      ServiceLoader.load(StrategyProvider.class).forEach(installed::add);
      installed.sort(
          Comparator.comparing(StrategyProvider::servesSources)
              .reversed()
              .thenComparing(StrategyProvider::runsElsewhere));
      installed.add(new SingleLaneProvider());
      installed.add(new AdaptiveProvider());
    }
    return installed;
  }

  private List<BackendProvider> installedBackends() {
    List<BackendProvider> installed = new ArrayList<>(backends);
    if (installed.isEmpty() && instance == null) {
      ServiceLoader.load(BackendProvider.class).forEach(installed::add);
    }
    return installed;
  }
}
