package io.mpsparallel.testing;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.settings.BackendSettings;
import org.junit.jupiter.api.AfterEach;

/** The synchronous flavour. */
final class FakeBackendTest extends FakeContract {
  private FakeBackend fake;

  @Override
  protected Backend open(BackendSettings settings) {
    fake = FakeBackend.builder().settings(settings).build();
    return fake;
  }

  @AfterEach
  void assertNoLeaks() {
    fake.counts().assertNothingOpen();
  }
}
