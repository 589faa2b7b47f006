package io.mpsparallel.settings;

import static java.util.Objects.requireNonNull;

/**
 * How a forward is executed: operation by operation, or through something prepared in advance.
 *
 * @param mode the choice, or {@code AUTO}
 * @param thresholdBytes {@code AUTO} takes the prepared path when the inputs are larger than this;
 *     {@link #DEVICE_DEFAULT} takes the device's own figure
 * @param cacheEntries prepared executions that are kept for each model
 */
public record PathSettings(PathMode mode, long thresholdBytes, int cacheEntries) {
  /** The device's own figure. */
  public static final long DEVICE_DEFAULT = -1;

  /** Decided by the library; 512 entries. */
  public static final PathSettings DEFAULTS = new PathSettings(PathMode.AUTO, DEVICE_DEFAULT, 512);

  /** The choice. */
  public enum PathMode {
    /** By the size of the inputs, by whether other streams are active, and by recurring shapes. */
    AUTO,
    /** Operation by operation. */
    EAGER,
    /** Prepared: a frozen module on the CPU, a graph on GPUs. */
    GRAPH
  }

  // Checks the ranges.
  public PathSettings {
    requireNonNull(mode, "mode");
    Check.range("path.threshold-bytes", thresholdBytes, DEVICE_DEFAULT, Long.MAX_VALUE);
    Check.range("path.cache-entries", cacheEntries, 1, 1 << 20);
  }
}
