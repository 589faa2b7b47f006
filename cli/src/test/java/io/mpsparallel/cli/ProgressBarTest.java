package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ProgressBarTest {
  private final StringWriter text = new StringWriter();
  private final PrintWriter out = new PrintWriter(text);

  @Test
  void bar_inTheFirstSecond_isNotDrawn() {
    try (ProgressBar bar = new ProgressBar(out, 100)) {
      bar.at(50, Duration.ofMillis(999));
    }
    assertThat(text.toString()).isEmpty();
  }

  @Test
  void bar_afterASecond_saysHowFarItIs() {
    try (ProgressBar bar = new ProgressBar(out, 4000)) {
      bar.at(1000, Duration.ofSeconds(2));
      assertThat(text.toString())
          .isEqualTo("\r[#######.......................]  25%  1,000 of 4,000  500/s");
    }
  }

  @Test
  void bar_atTheEnd_isWipedOut() {
    try (ProgressBar bar = new ProgressBar(out, 10)) {
      bar.at(10, Duration.ofSeconds(2));
    }
    assertThat(text.toString()).contains("100%").endsWith(" \r");
  }
}
