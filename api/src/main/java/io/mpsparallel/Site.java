package io.mpsparallel;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.resilience.SiteBreaker;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where requests run: a started strategy on a device of an open engine, by certain settings.
 * Immutable, any thread; each is equal to itself alone.
 */
final class Site {
  private final Engine engine;
  private final Device device;
  private final ParallelismStrategy strategy;
  private final ExecutorSettings settings;
  private final boolean fallback;
  private final @Nullable Site next;
  private final SiteBreaker breaker;

  /**
   * A site.
   *
   * @param engine the engine, which other sites may use as well
   * @param device the device
   * @param strategy the strategy, started
   * @param settings what it was made by
   * @param fallback whether requests come here only if another site fails
   * @param next where they go if this one fails; null for nowhere
   */
  Site(
      Engine engine,
      Device device,
      ParallelismStrategy strategy,
      ExecutorSettings settings,
      boolean fallback,
      @Nullable Site next) {
    this.engine = engine;
    this.device = device;
    this.strategy = strategy;
    this.settings = settings;
    this.fallback = fallback;
    this.next = next;
    breaker = new SiteBreaker(toString(), settings.resilience().breaker());
  }

  /** An open engine; each is equal to itself alone. */
  static final class Engine {
    private final Backend backend;
    private final boolean owned;
    private final Object origin;

    /**
     * An open engine.
     *
     * @param backend the engine
     * @param owned whether it is closed with the last site that uses it
     * @param origin what it was opened by; two engines of equal origins are alike
     */
    Engine(Backend backend, boolean owned, Object origin) {
      this.backend = backend;
      this.owned = owned;
      this.origin = origin;
    }

    Backend backend() {
      return backend;
    }

    Object origin() {
      return origin;
    }

    void close() {
      if (owned) {
        backend.close();
      }
    }
  }

  Engine engine() {
    return engine;
  }

  Device device() {
    return device;
  }

  ParallelismStrategy strategy() {
    return strategy;
  }

  ExecutorSettings settings() {
    return settings;
  }

  boolean isFallback() {
    return fallback;
  }

  SiteBreaker breaker() {
    return breaker;
  }

  ExecutorSnapshot.Place snapshot(ModelMemory memory) {
    return new ExecutorSnapshot.Place(
        strategy.id(), device.toString(), fallback, breaker.isOpen(), memory.taken(device));
  }

  @Override
  public String toString() {
    return strategy.id() + " on " + device;
  }

  /** This one, and where requests go if it fails. */
  List<Site> chain() {
    List<Site> all = new ArrayList<>();
    for (Site at = this; at != null; at = at.next) {
      all.add(at);
    }
    return all;
  }

  /** Whether models of another site can run here as they are. */
  boolean sharesModelsWith(Site other) {
    return engine.equals(other.engine) && device.equals(other.device);
  }
}
