package io.mpsparallel.testing;

/** One lane over a device that works on after the call returns. */
final class SingleAsynchronousTest extends SingleContract {
  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder().asynchronous();
  }
}
