package io.mpsparallel.batching;

import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;

/** Choosing over a device whose forwards are done when the call returns. */
final class AdaptiveSynchronousTest extends AdaptiveContract {
  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder();
  }
}
