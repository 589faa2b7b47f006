package io.mpsparallel.testing;

import io.mpsparallel.backend.Device;

/**
 * What a backend under test tells about the inside of its gate, for {@link MpsRulesBackend} to
 * judge. Called on the thread that does the thing; every method does nothing by default.
 */
public interface EncodeObserver {
  /** Hears nothing. */
  EncodeObserver NONE = new EncodeObserver() {};

  /**
   * The thread begins to encode; it holds the gate, if there is one.
   *
   * @param device the device
   * @param stream the index of the stream
   */
  default void encodeBegins(Device device, int stream) {}

  /**
   * The thread ends to encode and is about to leave the gate.
   *
   * @param device the device
   * @param stream the index of the stream
   */
  default void encodeEnds(Device device, int stream) {}

  /**
   * Work was handed to the device.
   *
   * @param device the device
   * @param stream the index of the stream
   * @param ticket the number of the newest work that went; numbers grow along a stream
   */
  default void committed(Device device, int stream, long ticket) {}

  /**
   * The thread is about to block until the device has done some work.
   *
   * @param device the device
   * @param stream the index of the stream
   * @param ticket the number of the work
   */
  default void waits(Device device, int stream, long ticket) {}
}
