package io.mpsparallel.mps;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.settings.BackendSettings;

/** Opens libtorch; id {@value #ID}. Stateless, any thread. */
public final class TorchBackendProvider implements BackendProvider {
  /** The engine's name in configuration. */
  public static final String ID = "torch";

  /** For {@link java.util.ServiceLoader} and Guice. */
  public TorchBackendProvider() {}

  @Override
  public String id() {
    return ID;
  }

  @Override
  public Backend open(BackendSettings settings) {
    return TorchBackend.open(settings);
  }
}
