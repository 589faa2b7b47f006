package io.mpsparallel.threads;

import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;

/** Two lanes, each with several requests in flight, over a device that works on by itself. */
final class ThreadsAsynchronousTest extends ThreadsContract {
  ThreadsAsynchronousTest() {
    super(2, 8);
  }

  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder().asynchronous();
  }
}
