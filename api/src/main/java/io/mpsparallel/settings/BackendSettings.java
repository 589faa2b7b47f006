package io.mpsparallel.settings;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How an engine is opened.
 *
 * @param threads threads inside one forward
 * @param streams streams and gate
 * @param path how forwards are executed
 * @param poolBytes staging memory that is kept for reuse, for each device
 * @param eventTimeout the longest wait for a device before it is taken for hung
 * @param closeTimeout the longest wait for running calls when something is closed
 * @param tf32 whether NVIDIA GPUs may round float32 products to 10 bits of fraction, which is
 *     faster
 */
public record BackendSettings(
    ThreadSettings threads,
    StreamSettings streams,
    PathSettings path,
    long poolBytes,
    Duration eventTimeout,
    Duration closeTimeout,
    boolean tf32) {
  /** What {@code reference.conf} says. */
  public static final BackendSettings DEFAULTS =
      new BackendSettings(
          ThreadSettings.DEFAULTS,
          StreamSettings.DEFAULTS,
          PathSettings.DEFAULTS,
          256L << 20,
          Duration.ofSeconds(30),
          Duration.ofSeconds(10),
          false);

  // Checks the ranges.
  public BackendSettings {
    requireNonNull(threads, "threads");
    requireNonNull(streams, "streams");
    requireNonNull(path, "path");
    Check.range("memory.pool-bytes", poolBytes, 0, Long.MAX_VALUE);
    Check.positive("timeouts.event", requireNonNull(eventTimeout, "eventTimeout"));
    Check.positive("timeouts.close", requireNonNull(closeTimeout, "closeTimeout"));
  }

  /**
   * Changes the threads inside one forward.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public BackendSettings withThreads(ThreadSettings changed) {
    return new BackendSettings(changed, streams, path, poolBytes, eventTimeout, closeTimeout, tf32);
  }

  /**
   * Changes streams and gate.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public BackendSettings withStreams(StreamSettings changed) {
    return new BackendSettings(threads, changed, path, poolBytes, eventTimeout, closeTimeout, tf32);
  }

  /**
   * Changes how forwards are executed.
   *
   * @param changed the new value
   * @return the changed settings
   */
  public BackendSettings withPath(PathSettings changed) {
    return new BackendSettings(
        threads, streams, changed, poolBytes, eventTimeout, closeTimeout, tf32);
  }

  /**
   * Changes both waits.
   *
   * @param event the longest wait for a device
   * @param close the longest wait for running calls
   * @return the changed settings
   */
  public BackendSettings withTimeouts(Duration event, Duration close) {
    return new BackendSettings(threads, streams, path, poolBytes, event, close, tf32);
  }
}
