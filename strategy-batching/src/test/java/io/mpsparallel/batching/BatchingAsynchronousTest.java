package io.mpsparallel.batching;

import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;

/** Two lanes over a device that works on by itself. */
final class BatchingAsynchronousTest extends BatchingContract {
  BatchingAsynchronousTest() {
    super(2);
  }

  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder().asynchronous();
  }
}
