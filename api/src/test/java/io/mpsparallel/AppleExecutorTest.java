package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import org.junit.jupiter.api.Test;

/** Over a device that lets no caller's own thread near it. */
final class AppleExecutorTest extends ExecutorCases {
  @Override
  FakeBackendBuilder parts() {
    return FakeBackend.builder().apple();
  }

  @Test
  void infer_idle_isHandedToTheLane() {
    open();
    try (LoadedModel model = load("tracked");
        Tensor x = value(1)) {
      model.infer(x).close();
      assertThat(threads).doesNotContain(Thread.currentThread());
    }
  }
}
