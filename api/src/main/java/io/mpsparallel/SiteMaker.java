package io.mpsparallel;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.strategy.Installed;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.work.SharedTraffic;
import io.mpsparallel.work.Ticker;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes sites out of settings and of what is installed. Stateless, any thread.
 *
 * @param backends the engines that are installed
 * @param strategies the strategies that are installed
 * @param instance an engine that was handed over open, to use instead of those installed
 * @param ticker the clock of the deadlines
 * @param traffic of all sites: an engine may serve several
 */
record SiteMaker(
    List<BackendProvider> backends,
    List<StrategyProvider> strategies,
    @Nullable Backend instance,
    Ticker ticker,
    SharedTraffic traffic) {
  /** What an engine of this process was opened by. */
  private record Origin(String id, BackendSettings settings) {}

  /** An engine that was handed over open, and the settings that it has had since. */
  private record Handed(Backend backend, BackendSettings settings) {}

  /**
   * A started site, and those that its requests go to if it fails.
   *
   * @param before the site that this one is to follow, whose engines it uses if they were opened by
   *     the same settings
   * @throws InferenceException if it cannot be had; then nothing is open that was not before
   */
  Site make(ExecutorSettings settings, @Nullable Site before) {
    List<ExecutorSettings> places = settings.places();
    Site first = null;
    try {
      for (int i = places.size() - 1; i > 0; i--) {
        first = fallback(places.get(i), settings.resilience().fallback().get(i - 1), first, before);
      }
      return made(settings, false, first, before);
    } catch (RuntimeException e) {
      if (first != null) {
        close(first, before == null ? List.of() : engines(before));
      }
      throw e;
    }
  }

  private Site fallback(
      ExecutorSettings place,
      ResilienceSettings.Fallback named,
      @Nullable Site next,
      @Nullable Site before) {
    try {
      return made(place, true, next, before);
    } catch (InferenceException e) {
      throw new InferenceException(
          e.code(), "resilience.fallback: " + named + ": " + e.detail(), e);
    }
  }

  private Site made(
      ExecutorSettings settings, boolean fallback, @Nullable Site next, @Nullable Site before) {
    List<Site.Engine> there = before == null ? List.of() : engines(before);
    StrategyProvider strategy =
        Installed.choose("strategy", settings.strategy(), strategies, StrategyProvider::id);
    List<Site.Engine> open = new ArrayList<>(there);
    if (next != null) {
      open.addAll(engines(next));
    }
    Site.Engine engine = engine(strategy, settings, open);
    try {
      List<Device> devices = devices(engine, settings, before);
      ParallelismStrategy started = started(strategy, engine, devices, settings);
      return new Site(engine, devices, started, settings, fallback, next);
    } catch (RuntimeException e) {
      if (!open.contains(engine)) {
        engine.close();
      }
      throw e;
    }
  }

  private static List<Site.Engine> engines(Site first) {
    return first.chain().stream().map(Site::engine).distinct().toList();
  }

  private static void close(Site first, List<Site.Engine> stay) {
    first.chain().forEach(site -> site.strategy().close());
    engines(first).stream().filter(one -> !stay.contains(one)).forEach(Site.Engine::close);
  }

  private ParallelismStrategy started(
      StrategyProvider strategy,
      Site.Engine engine,
      List<Device> devices,
      ExecutorSettings settings) {
    ParallelismStrategy made =
        strategy.create(
            new StrategyContext(
                engine.backend(),
                devices,
                settings,
                ticker,
                strategies,
                provider(settings),
                null,
                traffic));
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
      StrategyProvider strategy, ExecutorSettings settings, List<Site.Engine> open) {
    if (instance != null) {
      return handedOver(instance, settings, open);
    }
    BackendProvider provider = requireNonNull(provider(settings), "provider");
    boolean here = !strategy.opensElsewhere(settings, strategies);
    Object origin = here ? new Origin(provider.id(), settings.backendSettings()) : new Object();
    return open.stream()
        .filter(one -> one.origin().equals(origin))
        .findFirst()
        .orElseGet(
            () -> new Site.Engine(strategy.open(provider, settings, strategies), true, origin));
  }

  /** What was handed over open was opened by settings that nobody can change. */
  private static Site.Engine handedOver(
      Backend opened, ExecutorSettings settings, List<Site.Engine> open) {
    Handed origin = new Handed(opened, settings.backendSettings());
    if (open.isEmpty()) {
      return new Site.Engine(opened, false, origin);
    }
    if (!open.get(0).origin().equals(origin)) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          "threads, streams, path, memory, timeouts, cuda: they cannot change, for the engine was"
              + " handed over open (expected: as before, or an engine named by its provider)");
    }
    return open.get(0);
  }

  /** Those that the settings name, but for some that this engine is known to have lost. */
  private static List<Device> devices(
      Site.Engine engine, ExecutorSettings settings, @Nullable Site before) {
    List<Device> present = engine.backend().devices();
    List<Device> wanted =
        settings.device().equals(ExecutorSettings.AUTO)
            ? List.of(present.get(0))
            : Device.listOf(settings.device(), present);
    if (before == null) {
      return wanted;
    }
    Set<Device> failed = new HashSet<>();
    before.chain().stream()
        .filter(site -> site.engine().equals(engine))
        .forEach(site -> failed.addAll(site.strategy().failedDevices()));
    List<Device> left = wanted.stream().filter(device -> !failed.contains(device)).toList();
    return left.isEmpty() ? wanted : left;
  }
}
