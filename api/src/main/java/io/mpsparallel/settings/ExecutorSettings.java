package io.mpsparallel.settings;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How an executor works.
 *
 * @param strategy the id of the strategy, or {@link #AUTO}
 * @param backend the id of the engine, or {@link #AUTO}
 * @param device the device, such as {@code cpu} or {@code cuda:0}, or {@link #AUTO}
 * @param queue the queue of requests that wait for a lane
 * @param lanes the lanes of a strategy that has several
 * @param batching how requests are put together, by a strategy that does so
 * @param processes worker processes, of a strategy that has such
 * @param adaptive what a strategy that chooses may choose from
 * @param resilience what happens when requests fail
 * @param deadline how long a request may take before it is dropped, unless it says so itself;
 *     {@link #NO_DEADLINE} for no bound
 * @param mapWindow requests that {@code map} keeps in flight
 * @param backendSettings how the engine is opened
 */
public record ExecutorSettings(
    String strategy,
    String backend,
    String device,
    QueueSettings queue,
    LaneSettings lanes,
    BatchingSettings batching,
    ProcessSettings processes,
    AdaptiveSettings adaptive,
    ResilienceSettings resilience,
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
          QueueSettings.DEFAULTS,
          LaneSettings.DEFAULTS,
          BatchingSettings.DEFAULTS,
          ProcessSettings.DEFAULTS,
          AdaptiveSettings.DEFAULTS,
          ResilienceSettings.DEFAULTS,
          NO_DEADLINE,
          64,
          BackendSettings.DEFAULTS);

  // Checks the ranges.
  public ExecutorSettings {
    requireNonNull(strategy, "strategy");
    requireNonNull(backend, "backend");
    requireNonNull(device, "device");
    requireNonNull(queue, "queue");
    requireNonNull(lanes, "lanes");
    requireNonNull(batching, "batching");
    requireNonNull(processes, "processes");
    requireNonNull(adaptive, "adaptive");
    requireNonNull(resilience, "resilience");
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
        changed,
        backend,
        device,
        queue,
        lanes,
        batching,
        processes,
        adaptive,
        resilience,
        deadline,
        mapWindow,
        backendSettings);
  }

  /**
   * Changes the device.
   *
   * @param changed the device, or {@link #AUTO}
   * @return the changed settings
   */
  public ExecutorSettings withDevice(String changed) {
    return new ExecutorSettings(
        strategy,
        backend,
        changed,
        queue,
        lanes,
        batching,
        processes,
        adaptive,
        resilience,
        deadline,
        mapWindow,
        backendSettings);
  }

  /**
   * Changes the queue.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ExecutorSettings withQueue(QueueSettings changed) {
    return new ExecutorSettings(
        strategy,
        backend,
        device,
        changed,
        lanes,
        batching,
        processes,
        adaptive,
        resilience,
        deadline,
        mapWindow,
        backendSettings);
  }

  /**
   * Changes the room in the queue; what happens when it is full stays.
   *
   * @param capacity requests that may wait
   * @param patience for how long {@code infer} and {@code map} wait for room
   * @return the changed settings
   */
  public ExecutorSettings withQueue(int capacity, Duration patience) {
    return withQueue(new QueueSettings(capacity, patience, queue.whenFull()));
  }

  /**
   * Changes the lanes.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ExecutorSettings withLanes(LaneSettings changed) {
    return new ExecutorSettings(
        strategy,
        backend,
        device,
        queue,
        changed,
        batching,
        processes,
        adaptive,
        resilience,
        deadline,
        mapWindow,
        backendSettings);
  }

  /**
   * Changes how requests are put together.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ExecutorSettings withBatching(BatchingSettings changed) {
    return new ExecutorSettings(
        strategy,
        backend,
        device,
        queue,
        lanes,
        changed,
        processes,
        adaptive,
        resilience,
        deadline,
        mapWindow,
        backendSettings);
  }

  /**
   * Changes the worker processes.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ExecutorSettings withProcesses(ProcessSettings changed) {
    return new ExecutorSettings(
        strategy,
        backend,
        device,
        queue,
        lanes,
        batching,
        changed,
        adaptive,
        resilience,
        deadline,
        mapWindow,
        backendSettings);
  }

  /**
   * Changes how the engine is opened.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ExecutorSettings withBackendSettings(BackendSettings changed) {
    return new ExecutorSettings(
        strategy,
        backend,
        device,
        queue,
        lanes,
        batching,
        processes,
        adaptive,
        resilience,
        deadline,
        mapWindow,
        changed);
  }

  /**
   * Changes what a strategy that chooses may choose from.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ExecutorSettings withAdaptive(AdaptiveSettings changed) {
    return new ExecutorSettings(
        strategy,
        backend,
        device,
        queue,
        lanes,
        batching,
        processes,
        changed,
        resilience,
        deadline,
        mapWindow,
        backendSettings);
  }

  /**
   * Changes what happens when requests fail.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ExecutorSettings withResilience(ResilienceSettings changed) {
    return new ExecutorSettings(
        strategy,
        backend,
        device,
        queue,
        lanes,
        batching,
        processes,
        adaptive,
        changed,
        deadline,
        mapWindow,
        backendSettings);
  }

  /**
   * The settings of each place where requests may run: these, then those of each fallback, which
   * have none of their own.
   *
   * @return one or more
   */
  public List<ExecutorSettings> places() {
    List<ExecutorSettings> places = new ArrayList<>();
    places.add(this);
    for (ResilienceSettings.Fallback other : resilience.fallback()) {
      places.add(
          withStrategy(other.strategy().equals(AUTO) ? strategy : other.strategy())
              .withDevice(other.device().equals(AUTO) ? device : other.device())
              .withResilience(resilience.withFallback()));
    }
    return List.copyOf(places);
  }
}
