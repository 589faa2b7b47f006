package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import org.junit.jupiter.api.Test;

/** One lane over a device that lets no caller's own thread near it. */
class SingleAppleTest extends SingleContract {
  @Override
  protected FakeBackendBuilder parts() {
    return FakeBackend.builder().apple();
  }

  @Test
  void infer_idle_isHandedToTheLane() {
    open();
    try (LoadedModel model = loadTracked()) {
      infer(model, 1);
      assertThat(threads).hasSize(1).doesNotContain(Thread.currentThread());
    }
  }
}
