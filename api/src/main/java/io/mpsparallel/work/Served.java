package io.mpsparallel.work;

import io.mpsparallel.backend.Device;

/**
 * How a request was served. Immutable, any thread.
 *
 * @param strategy the id of the strategy
 * @param device the device
 * @param batchRequests how many requests shared the forward, this one included
 */
public record Served(String strategy, Device device, int batchRequests) {}
