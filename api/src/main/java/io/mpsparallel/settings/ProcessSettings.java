package io.mpsparallel.settings;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Worker processes of a strategy that has such.
 *
 * @param workers how many; {@link #AUTO} takes it from the CPUs and the device's facts
 * @param slabBytes shared memory that each worker begins with; larger tensors make it grow
 * @param spin the longest that a worker, or whoever waits for one, spins before it sleeps; zero
 *     never spins
 * @param shareWeights whether workers map one copy of a model's weights where the engine can
 * @param launch how a worker is started
 * @param limits what a worker may take before it is replaced
 * @param restart what follows the death of a worker
 */
public record ProcessSettings(
    int workers,
    long slabBytes,
    Duration spin,
    boolean shareWeights,
    Launch launch,
    Limits limits,
    Restart restart) {
  /** Decided by the library. */
  public static final int AUTO = 0;

  /** The most workers. */
  public static final int MOST = 64;

  /** No bound on memory or requests. */
  public static final int NO_LIMIT = 0;

  private static final Duration MAX_SPIN = Duration.ofMillis(10);
  private static final long MOST_BYTES = 1L << 50;

  /** What {@code reference.conf} says. */
  public static final ProcessSettings DEFAULTS =
      new ProcessSettings(
          AUTO,
          16L << 20,
          Duration.ofNanos(20_000),
          true,
          new Launch(64L << 20, Duration.ofSeconds(60), true, Launch.DEFAULT_CACHE),
          new Limits(Duration.ofSeconds(60), Duration.ofSeconds(5), NO_LIMIT, NO_LIMIT),
          new Restart(Duration.ofMillis(100), Duration.ofSeconds(30), 5));

  /**
   * How a worker is started.
   *
   * @param heapBytes the most Java heap of a worker; tensors and weights are outside it
   * @param limit the longest from start to ready; then it is killed, which counts as a failed start
   * @param cds whether a class-data archive is made once and used by later starts
   * @param cache the directory for archives and shared weights, or {@link #DEFAULT_CACHE}
   */
  public record Launch(long heapBytes, Duration limit, boolean cds, String cache) {
    /** A directory of the user's, by the custom of the operating system. */
    public static final String DEFAULT_CACHE = "auto";

    // Checks the ranges.
    public Launch {
      Check.range("processes.launch.heap", heapBytes, 16L << 20, MOST_BYTES);
      Check.positive("processes.launch.limit", requireNonNull(limit, "limit"));
      requireNonNull(cache, "cache");
    }
  }

  /**
   * What a worker may take before it is replaced.
   *
   * @param request the longest that one request may run; then its worker is killed
   * @param silence the longest that a worker with work may show no sign of life; then it is killed
   * @param memoryBytes resident memory above which it is replaced, or {@link #NO_LIMIT}
   * @param requests how many requests it serves before it is replaced, or {@link #NO_LIMIT}
   */
  public record Limits(Duration request, Duration silence, long memoryBytes, long requests) {
    // Checks the ranges.
    public Limits {
      Check.positive("processes.limits.request", requireNonNull(request, "request"));
      Check.positive("processes.limits.silence", requireNonNull(silence, "silence"));
      Check.range("processes.limits.memory", memoryBytes, NO_LIMIT, MOST_BYTES);
      Check.range("processes.limits.requests", requests, NO_LIMIT, Long.MAX_VALUE);
    }
  }

  /**
   * What follows the death of a worker.
   *
   * @param backoff how long the first restart waits; each failed start doubles it
   * @param most the longest that a restart waits
   * @param retries how often a request is tried again after its worker was killed from outside
   */
  public record Restart(Duration backoff, Duration most, int retries) {
    // Checks the ranges.
    public Restart {
      Check.positive("processes.restart.backoff", requireNonNull(backoff, "backoff"));
      if (requireNonNull(most, "most").compareTo(backoff) < 0) {
        throw Check.invalid("processes.restart.most", most, "at least processes.restart.backoff");
      }
      Check.range("processes.restart.retries", retries, 0, 100);
    }
  }

  // Checks the ranges.
  public ProcessSettings {
    Check.range("processes.workers", workers, AUTO, MOST);
    Check.range("processes.slab", slabBytes, 64L << 10, 1L << 30);
    if (requireNonNull(spin, "spin").isNegative() || spin.compareTo(MAX_SPIN) > 0) {
      throw Check.invalid("processes.spin", spin, "0..10ms");
    }
    requireNonNull(launch, "launch");
    requireNonNull(limits, "limits");
    requireNonNull(restart, "restart");
  }

  /**
   * Changes the number of workers.
   *
   * @param changed how many, or {@link #AUTO}
   * @return the changed settings
   */
  public ProcessSettings withWorkers(int changed) {
    return new ProcessSettings(changed, slabBytes, spin, shareWeights, launch, limits, restart);
  }

  /**
   * Changes the shared memory that each worker begins with.
   *
   * @param changed bytes
   * @return the changed settings
   */
  public ProcessSettings withSlabBytes(long changed) {
    return new ProcessSettings(workers, changed, spin, shareWeights, launch, limits, restart);
  }

  /**
   * Changes for how long to spin.
   *
   * @param changed the longest time; zero never spins
   * @return the changed settings
   */
  public ProcessSettings withSpin(Duration changed) {
    return new ProcessSettings(workers, slabBytes, changed, shareWeights, launch, limits, restart);
  }

  /**
   * Changes how a worker is started.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ProcessSettings withLaunch(Launch changed) {
    return new ProcessSettings(workers, slabBytes, spin, shareWeights, changed, limits, restart);
  }

  /**
   * Changes what a worker may take before it is replaced.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ProcessSettings withLimits(Limits changed) {
    return new ProcessSettings(workers, slabBytes, spin, shareWeights, launch, changed, restart);
  }

  /**
   * Changes what follows the death of a worker.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public ProcessSettings withRestart(Restart changed) {
    return new ProcessSettings(workers, slabBytes, spin, shareWeights, launch, limits, changed);
  }
}
