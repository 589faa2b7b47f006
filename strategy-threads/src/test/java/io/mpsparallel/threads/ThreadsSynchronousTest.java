package io.mpsparallel.threads;

import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;

/** Three lanes over a device whose forwards are done when the call returns. */
final class ThreadsSynchronousTest extends ThreadsContract {
  ThreadsSynchronousTest() {
    super(3, 1);
  }

  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder();
  }
}
