package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeviceWaitsTest {
  private static final Duration LONG = Duration.ofMillis(2);

  @Test
  void threads_asManyAsHalfOfTheCpus_stayAwakeForLong() {
    DeviceWaits waits = new DeviceWaits(4, () -> 4);
    assertThat(waits.begin()).isEqualTo(LONG.toNanos());
    assertThat(waits.begin()).isEqualTo(LONG.toNanos());
    assertThat(waits.begin()).isEqualTo(100_000);
    waits.end();
    waits.end();
    assertThat(waits.begin()).isEqualTo(LONG.toNanos());
  }

  @Test
  void lanes_moreThanCpus_sleepSoonOnceHalfOfTheCpusLook() {
    DeviceWaits waits = new DeviceWaits(2, () -> 3);
    assertThat(waits.begin()).isEqualTo(LONG.toNanos());
    assertThat(waits.begin()).isEqualTo(20_000);
  }

  @Test
  void cpu_thatIsTheOnlyOne_isLeftToOthersSoon() {
    assertThat(new DeviceWaits(1, () -> 1).begin()).isEqualTo(100_000);
  }
}
