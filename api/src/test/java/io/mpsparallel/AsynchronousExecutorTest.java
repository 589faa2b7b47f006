package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Over a device that works on after the call returns. */
final class AsynchronousExecutorTest extends ExecutorCases {
  @Override
  FakeBackendBuilder parts() {
    return FakeBackend.builder().asynchronous();
  }

  @Test
  void infer_deviceFails_isToldAndLeavesTheLaneUsable() {
    open();
    try (LoadedModel model = load("tracked");
        Tensor x = value(1)) {
      fake.faults().failOnDevice(new InferenceException(ErrorCode.DEVICE_FAILED, "scripted"));
      assertFails(ErrorCode.DEVICE_FAILED, () -> model.infer(x).close());
      model.infer(x).close();
      fake.faults().failOnDevice(new InferenceException(ErrorCode.DEVICE_FAILED, "scripted"));
      assertFails(ErrorCode.DEVICE_FAILED, model.submit(value(1)));
      assertThat(answer(model.submit(value(1)))).isEqualTo(2);
    }
  }

  @Test
  void submit_deviceHangs_timesOutAndLeavesTheLaneUsable() {
    open(timeouts(Duration.ofMillis(100), Duration.ofSeconds(10)));
    try (LoadedModel model = load("tracked")) {
      fake.turnstile().shut();
      assertFails(ErrorCode.DEVICE_TIMEOUT, model.submit(value(1)));
      fake.turnstile().open();
      assertThat(answer(model.submit(value(1)))).isEqualTo(2);
    }
  }
}
