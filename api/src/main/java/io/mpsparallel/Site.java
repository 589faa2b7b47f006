package io.mpsparallel;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.resilience.SiteBreaker;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where requests run: a started strategy on devices of an open engine, by certain settings.
 * Immutable, any thread; each is equal to itself alone.
 */
final class Site {
  private final Engine engine;
  private final List<Device> devices;
  private final ParallelismStrategy strategy;
  private final ExecutorSettings settings;
  private final boolean fallback;
  private final @Nullable Site next;
  private final SiteBreaker breaker;

  /**
   * A site.
   *
   * @param engine the engine, which other sites may use as well
   * @param devices the devices, all of one kind
   * @param strategy the strategy, started
   * @param settings what it was made by
   * @param fallback whether requests come here only if another site fails
   * @param next where they go if this one fails; null for nowhere
   */
  Site(
      Engine engine,
      List<Device> devices,
      ParallelismStrategy strategy,
      ExecutorSettings settings,
      boolean fallback,
      @Nullable Site next) {
    this.engine = engine;
    this.devices = List.copyOf(devices);
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

  List<Device> devices() {
    return devices;
  }

  /** Those that have not failed; all of them if all have. */
  List<Device> usableDevices() {
    Set<Device> failed = strategy.failedDevices();
    List<Device> left = devices.stream().filter(device -> !failed.contains(device)).toList();
    return left.isEmpty() ? devices : left;
  }

  /** Whether a failure has cost this place one of its devices, and others serve on. */
  boolean outlives(InferenceException failure) {
    return failure.code() == ErrorCode.DEVICE_FAILED && usableDevices().size() < devices.size();
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
    Set<Device> failed = strategy.failedDevices();
    List<ExecutorSnapshot.OfDevice> each =
        devices.stream()
            .map(
                device ->
                    new ExecutorSnapshot.OfDevice(
                        device.toString(), failed.contains(device), memory.taken(device)))
            .toList();
    return new ExecutorSnapshot.Place(strategy.id(), each, fallback, breaker.isOpen());
  }

  @Override
  public String toString() {
    return strategy.id() + " on " + Device.shown(devices);
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
    return engine.equals(other.engine) && devices.equals(other.devices);
  }
}
