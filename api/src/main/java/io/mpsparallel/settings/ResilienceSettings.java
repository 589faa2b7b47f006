package io.mpsparallel.settings;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;

/**
 * What happens when requests fail through no fault of their own.
 *
 * @param fallback where they run instead, in this order
 * @param retries how often a request is tried again after its lane was lost
 * @param perModel requests of one model that may be in flight, or {@link #NO_BOUND}
 * @param modelMemoryBytes what the weights of all models may take on one device, or {@link
 *     #NO_BOUND}
 * @param breaker when a place is left alone for a while
 */
public record ResilienceSettings(
    List<Fallback> fallback, int retries, int perModel, long modelMemoryBytes, Breaker breaker) {
  /** No bound on the requests of one model, besides the queue's. */
  public static final int NO_BOUND = 0;

  /** No fallback, one retry, no bound. */
  public static final ResilienceSettings DEFAULTS =
      new ResilienceSettings(List.of(), 1, NO_BOUND, NO_BOUND, Breaker.DEFAULTS);

  /**
   * A place where requests run instead.
   *
   * @param strategy the id of a strategy, or {@link ExecutorSettings#AUTO} for the executor's own
   * @param device a device, or {@link ExecutorSettings#AUTO} for the executor's own
   */
  public record Fallback(String strategy, String device) {
    private static final String KEY = "resilience.fallback";

    // Refuses a place that is the executor's own.
    public Fallback {
      requireNonNull(strategy, "strategy");
      requireNonNull(device, "device");
      if (strategy.isBlank() || device.isBlank()) {
        throw Check.invalid(KEY, strategy + "@" + device, "STRATEGY, @DEVICE or STRATEGY@DEVICE");
      }
    }

    /**
     * Reads a place.
     *
     * @param text {@code threads}, {@code @cpu} or {@code threads@cpu}
     * @return the place
     */
    public static Fallback parse(String text) {
      int at = text.indexOf('@');
      if (at < 0) {
        return new Fallback(text, ExecutorSettings.AUTO);
      }
      String before = text.substring(0, at);
      String strategy = before.isEmpty() ? ExecutorSettings.AUTO : before;
      return new Fallback(strategy, text.substring(at + 1));
    }

    @Override
    public String toString() {
      String first = strategy.equals(ExecutorSettings.AUTO) ? "" : strategy;
      return device.equals(ExecutorSettings.AUTO) ? first : first + "@" + device;
    }
  }

  /**
   * When a place is left alone for a while: if too many of the last requests failed through its
   * fault.
   *
   * @param window so many requests are looked at, and no fewer
   * @param failurePercent the part of them that is too many
   * @param pause for how long it is left alone
   * @param probes requests that try it afterwards
   */
  public record Breaker(int window, int failurePercent, Duration pause, int probes) {
    /** Half of 20; 5 s; 3 probes. */
    public static final Breaker DEFAULTS = new Breaker(20, 50, Duration.ofSeconds(5), 3);

    // Checks the ranges.
    public Breaker {
      Check.range("resilience.breaker.window", window, 1, 1 << 16);
      Check.range("resilience.breaker.failure-percent", failurePercent, 1, 100);
      Check.positive("resilience.breaker.pause", requireNonNull(pause, "pause"));
      Check.range("resilience.breaker.probes", probes, 1, 1 << 10);
    }
  }

  // Checks the ranges, and copies the list.
  public ResilienceSettings {
    fallback = List.copyOf(fallback);
    requireNonNull(breaker, "breaker");
    Check.range("resilience.retries", retries, 0, 10);
    Check.range("resilience.per-model", perModel, NO_BOUND, 1 << 24);
    Check.range("resilience.model-memory", modelMemoryBytes, NO_BOUND, Long.MAX_VALUE);
    if (fallback.stream().distinct().count() < fallback.size()) {
      throw Check.invalid("resilience.fallback", fallback, "each place once");
    }
  }

  /**
   * Changes where requests run instead.
   *
   * @param changed the places, in this order
   * @return the changed settings
   */
  public ResilienceSettings withFallback(Fallback... changed) {
    return new ResilienceSettings(List.of(changed), retries, perModel, modelMemoryBytes, breaker);
  }

  /**
   * Changes how often a request is tried again.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ResilienceSettings withRetries(int changed) {
    return new ResilienceSettings(fallback, changed, perModel, modelMemoryBytes, breaker);
  }

  /**
   * Changes how many requests of one model may be in flight.
   *
   * @param changed the new value, or {@link #NO_BOUND}
   * @return the changed settings
   */
  public ResilienceSettings withPerModel(int changed) {
    return new ResilienceSettings(fallback, retries, changed, modelMemoryBytes, breaker);
  }

  /**
   * Changes when a place is left alone.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ResilienceSettings withBreaker(Breaker changed) {
    return new ResilienceSettings(fallback, retries, perModel, modelMemoryBytes, changed);
  }

  /**
   * Changes what weights may take.
   *
   * @param changed the new value, in bytes
   * @return the changed settings
   */
  public ResilienceSettings withModelMemory(long changed) {
    return new ResilienceSettings(fallback, retries, perModel, changed, breaker);
  }
}
