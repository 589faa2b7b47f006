package io.mpsparallel.batching;

import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;

/** Three lanes over a device whose forwards are done when the call returns. */
final class BatchingSynchronousTest extends BatchingContract {
  BatchingSynchronousTest() {
    super(3);
  }

  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder();
  }
}
