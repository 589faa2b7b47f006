package io.mpsparallel.backend;

import io.mpsparallel.settings.BackendSettings;

/**
 * Opens one engine. Found by {@link java.util.ServiceLoader} or bound with Guice; a provider that
 * is found by its id can be opened in a child process as well. Stateless, any thread.
 */
public interface BackendProvider {
  /** {@return the engine's name in configuration, such as {@code torch}} */
  String id();

  /**
   * Opens the engine. This may load native libraries.
   *
   * @param settings how
   * @return a backend that the caller closes
   * @throws io.mpsparallel.error.InferenceException {@code NATIVE_UNAVAILABLE} if its libraries
   *     cannot be used
   */
  Backend open(BackendSettings settings);
}
