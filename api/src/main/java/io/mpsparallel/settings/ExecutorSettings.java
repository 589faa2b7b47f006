package io.mpsparallel.settings;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How an executor works.
 *
 * @param strategy the id of the strategy, or {@link #AUTO}
 * @param backend the id of the engine, or {@link #AUTO}
 * @param device the device, such as {@code cpu} or {@code cuda:0}, or {@link #AUTO}
 * @param queueCapacity requests that may wait; one more is rejected
 * @param queueWait for how long {@code infer} and {@code map} wait for room in a full queue
 * @param deadline how long a request may take before it is dropped, unless it says so itself;
 *     {@link #NO_DEADLINE} for no bound
 * @param mapWindow requests that {@code map} keeps in flight
 * @param backendSettings how the engine is opened
 */
public record ExecutorSettings(
    String strategy,
    String backend,
    String device,
    int queueCapacity,
    Duration queueWait,
    Duration deadline,
    int mapWindow,
    BackendSettings backendSettings) {
  /** Decided by the library. */
  public static final String AUTO = "auto";

  /** No bound on how long a request may take. */
  public static final Duration NO_DEADLINE = StreamSettings.FOREVER;

  /** What {@code reference.conf} says. */
  public static final ExecutorSettings DEFAULTS =
      new ExecutorSettings(
          AUTO,
          AUTO,
          AUTO,
          1024,
          Duration.ofSeconds(30),
          NO_DEADLINE,
          64,
          BackendSettings.DEFAULTS);

  // Checks the ranges.
  public ExecutorSettings {
    requireNonNull(strategy, "strategy");
    requireNonNull(backend, "backend");
    requireNonNull(device, "device");
    Check.range("queue.capacity", queueCapacity, 1, 1 << 24);
    Check.notNegative("queue.wait", requireNonNull(queueWait, "queueWait"));
    Check.positive("deadline", requireNonNull(deadline, "deadline"));
    Check.range("map.window", mapWindow, 1, 1 << 20);
    requireNonNull(backendSettings, "backendSettings");
  }

  /**
   * Changes the strategy.
   *
   * @param changed its id, or {@link #AUTO}
   * @return the changed settings
   */
  public ExecutorSettings withStrategy(String changed) {
    return new ExecutorSettings(
        changed, backend, device, queueCapacity, queueWait, deadline, mapWindow, backendSettings);
  }

  /**
   * Changes the device.
   *
   * @param changed the device, or {@link #AUTO}
   * @return the changed settings
   */
  public ExecutorSettings withDevice(String changed) {
    return new ExecutorSettings(
        strategy, backend, changed, queueCapacity, queueWait, deadline, mapWindow, backendSettings);
  }

  /**
   * Changes the queue.
   *
   * @param capacity requests that may wait
   * @param wait for how long {@code infer} and {@code map} wait for room
   * @return the changed settings
   */
  public ExecutorSettings withQueue(int capacity, Duration wait) {
    return new ExecutorSettings(
        strategy, backend, device, capacity, wait, deadline, mapWindow, backendSettings);
  }

  /**
   * Changes how the engine is opened.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ExecutorSettings withBackendSettings(BackendSettings changed) {
    return new ExecutorSettings(
        strategy, backend, device, queueCapacity, queueWait, deadline, mapWindow, changed);
  }
}
