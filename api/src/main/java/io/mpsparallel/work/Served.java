package io.mpsparallel.work;

import io.mpsparallel.backend.Device;

/**
 * How a request was served. Immutable, any thread.
 *
 * @param strategy the id of the strategy
 * @param device the device
 * @param batchRequests how many requests shared the forward, this one included
 * @param fallback whether that was another place than the one it was meant for, which failed
 */
public record Served(String strategy, Device device, int batchRequests, boolean fallback) {
  /**
   * Where it was meant to be.
   *
   * @param strategy the id of the strategy
   * @param device the device
   * @param batchRequests how many requests shared the forward, this one included
   */
  public Served(String strategy, Device device, int batchRequests) {
    this(strategy, device, batchRequests, false);
  }

  /** {@return the same, as a fallback} */
  public Served asFallback() {
    return fallback ? this : new Served(strategy, device, batchRequests, true);
  }
}
