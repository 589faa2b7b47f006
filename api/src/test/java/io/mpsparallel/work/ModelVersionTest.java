package io.mpsparallel.work;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import java.util.Map;
import java.util.Optional;
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

  @Test
  void notes_modelThatIsNotRecorded_sayWhereAndWhy() {
    Map<Device, Model> models =
        Map.of(
            Device.cuda(1),
            new Unrecordable(Optional.of("it waits")),
            Device.CPU,
            new Unrecordable(Optional.empty()));
    assertThat(new ModelVersion(models, () -> {}).notes())
        .containsExactly("on cuda:1 it runs operation by operation: it waits");
  }

  /** A model that only says why it runs eager. */
  private record Unrecordable(Optional<String> whyEager) implements Model {
    @Override
    public Device device() {
      return Device.cuda(1);
    }

    @Override
    public ModelSource source() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Signature signature() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long weightBytes() {
      return 0;
    }

    @Override
    public Slot newSlot(Stream stream) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
