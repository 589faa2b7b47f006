package io.mpsparallel.batching;

import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;

/** One lane that keeps two batches in flight, on a device that works on by itself. */
final class BatchingDeepTest extends BatchingContract {
  BatchingDeepTest() {
    super(2);
  }

  @Override
  protected ExecutorSettings settings() {
    return anySize(lanes(1, 2));
  }

  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder().asynchronous();
  }
}
