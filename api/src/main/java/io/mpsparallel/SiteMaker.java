package io.mpsparallel;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.Installed;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.work.Ticker;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes sites out of settings and of what is installed. Stateless, any thread.
 *
 * @param backends the engines that are installed
 * @param strategies the strategies that are installed
 * @param instance an engine that was handed over open, to use instead of those installed
 * @param ticker the clock of the deadlines
 */
record SiteMaker(
    List<BackendProvider> backends,
    List<StrategyProvider> strategies,
    @Nullable Backend instance,
    Ticker ticker) {
  /** What an engine of this process was opened by. */
  private record Origin(String id, BackendSettings settings) {}

  /**
   * A started site.
   *
   * @param before the site that this one is to follow, whose engine it uses if that was opened by
   *     the same settings
   * @throws InferenceException if it cannot be had; then nothing is open that was not before
   */
  Site make(ExecutorSettings settings, @Nullable Site before) {
    StrategyProvider strategy =
        Installed.choose("strategy", settings.strategy(), strategies, StrategyProvider::id);
    Site.Engine engine = engine(strategy, settings, before);
    boolean fresh = before == null || !engine.equals(before.engine());
    try {
      Device device = device(engine.backend(), settings);
      return new Site(engine, device, started(strategy, engine, device, settings), settings);
    } catch (RuntimeException e) {
      if (fresh) {
        engine.close();
      }
      throw e;
    }
  }

  private ParallelismStrategy started(
      StrategyProvider strategy, Site.Engine engine, Device device, ExecutorSettings settings) {
    ParallelismStrategy made =
        strategy.create(
            new StrategyContext(
                engine.backend(),
                List.of(device),
                settings,
                ticker,
                strategies,
                provider(settings),
                null));
    try {
      made.start();
      return made;
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  /** Null if the engine was handed over open. */
  private @Nullable BackendProvider provider(ExecutorSettings settings) {
    return instance != null
        ? null
        : Installed.choose("backend", settings.backend(), backends, BackendProvider::id);
  }

  private Site.Engine engine(
      StrategyProvider strategy, ExecutorSettings settings, @Nullable Site before) {
    if (instance != null) {
      return handedOver(instance, settings, before);
    }
    BackendProvider provider = requireNonNull(provider(settings), "provider");
    boolean here = !strategy.opensElsewhere(settings, strategies);
    Object origin = here ? new Origin(provider.id(), settings.backendSettings()) : new Object();
    if (before != null && before.engine().origin().equals(origin)) {
      return before.engine();
    }
    return new Site.Engine(strategy.open(provider, settings, strategies), true, origin);
  }

  private static Site.Engine handedOver(
      Backend opened, ExecutorSettings settings, @Nullable Site before) {
    if (before == null) {
      return new Site.Engine(opened, false, opened);
    }
    if (!before.settings().backendSettings().equals(settings.backendSettings())) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          "threads, streams, path, memory, timeouts, cuda: they cannot change, for the engine was"
              + " handed over open (expected: as before, or an engine named by its provider)");
    }
    return before.engine();
  }

  private static Device device(Backend backend, ExecutorSettings settings) {
    List<Device> present = backend.devices();
    if (settings.device().equals(ExecutorSettings.AUTO)) {
      return present.get(0);
    }
    Device wanted = Device.of(settings.device());
    if (!present.contains(wanted)) {
      throw new InferenceException(
          ErrorCode.DEVICE_UNAVAILABLE,
          "device: " + wanted + " (present: " + present + "; 'mps-parallel doctor' says why)");
    }
    return wanted;
  }
}
