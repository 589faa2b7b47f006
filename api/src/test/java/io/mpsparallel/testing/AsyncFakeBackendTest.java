package io.mpsparallel.testing;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.settings.BackendSettings;
import org.junit.jupiter.api.AfterEach;

/** The asynchronous flavour. */
final class AsyncFakeBackendTest extends FakeContract {
  private FakeBackend fake;

  @Override
  protected Backend open(BackendSettings settings) {
    fake = FakeBackend.builder().asynchronous().settings(settings).build();
    return fake;
  }

  @AfterEach
  void assertNoLeaks() {
    fake.counts().assertNothingOpen();
  }
}
