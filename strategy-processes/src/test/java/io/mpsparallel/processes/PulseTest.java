package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** For how long a worker is at something. */
class PulseTest {
  private final Pulse pulse = new Pulse();

  @Test
  void frame_thatStays_isExecutedSinceItWasSeenFirst() {
    pulse.observe(10, 1, 1);
    pulse.observe(20, 1, 2);
    assertThat(pulse.executingNanos(25)).isEqualTo(15);
    pulse.observe(30, 2, 3);
    assertThat(pulse.executingNanos(35)).isEqualTo(5);
    pulse.observe(40, 0, 4);
    assertThat(pulse.executingNanos(45)).isZero();
  }

  @Test
  void beat_thatStands_isSilenceOnlyWithWork() {
    pulse.observe(10, 0, 1);
    pulse.observe(20, 0, 1);
    assertThat(pulse.silentNanos(25)).isZero();
    pulse.observe(30, 1, 1);
    pulse.observe(40, 1, 1);
    assertThat(pulse.silentNanos(45)).isEqualTo(15);
    pulse.observe(50, 1, 2);
    assertThat(pulse.silentNanos(55)).isEqualTo(5);
  }

  @Test
  void reset_forgetsTheFormerWorker() {
    pulse.observe(10, 7, 1);
    pulse.reset();
    pulse.observe(100, 7, 1);
    assertThat(pulse.executingNanos(101)).isEqualTo(1);
    assertThat(pulse.silentNanos(101)).isEqualTo(1);
  }
}
