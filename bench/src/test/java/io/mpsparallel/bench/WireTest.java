package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

final class WireTest {
  @Test
  void floats_comeBackBitForBit() {
    float[] values = {0, -0f, 1.5f, Float.MIN_VALUE, Float.MAX_VALUE, Float.NaN};

    String text = Wire.text(values);

    assertThat(text).doesNotContain(" ", "\n");
    assertThat(Wire.floats(text)).containsExactly(values);
    assertThat(Wire.floats(Wire.text(new float[0]))).isEmpty();
  }

  @Test
  void measured_comesBackWithItsLatencies() {
    Histogram latencies = Measured.histogram();
    for (long nanos = 100; nanos < 10_000_000_000L; nanos *= 3) {
      latencies.recordValue(nanos);
    }

    String text = Wire.text(Measured.closed(Duration.ofNanos(1_234_567_890_123L), latencies));
    Measured back = Wire.measured(text);

    assertThat(text).doesNotContain("\n");
    assertThat(back.answers()).isEqualTo(latencies.getTotalCount());
    assertThat(back.elapsed()).isEqualTo(Duration.ofNanos(1_234_567_890_123L));
    assertThat(back.latencies()).isEqualTo(latencies);
    assertThat(back.fromIntended()).isEqualTo(latencies);
  }

  @Test
  void measured_withoutAnswers_comesBack() {
    Measured none = Measured.closed(Duration.ZERO, Measured.histogram());

    assertThat(Wire.measured(Wire.text(none)).latencies().getTotalCount()).isZero();
  }

  @Test
  void measured_ofOtherText_isRefused() {
    assertThatThrownBy(() -> Wire.measured("1 2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("words: 2 (expected: 3)");
  }
}
