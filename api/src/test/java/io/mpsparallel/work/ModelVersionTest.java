package io.mpsparallel.work;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ModelVersionTest {
  private final AtomicInteger retired = new AtomicInteger();
  private final ModelVersion version = new ModelVersion(Map.of(), retired::incrementAndGet);

  @Test
  void release_lastUse_retiresOnce() {
    assertThat(version.acquire()).isTrue();
    version.release();
    assertThat(retired).hasValue(0);
    version.release();
    assertThat(retired).hasValue(1);
    assertThat(version.acquire()).isFalse();
    assertThat(retired).hasValue(1);
  }

  @Test
  void on_deviceWithoutTheModel_saysWhereItIs() {
    assertFails(
        ErrorCode.DEVICE_UNAVAILABLE,
        () -> version.on(Device.cuda(1)),
        "model on cuda:1 (it is on: [])");
  }
}
