package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class TextTableTest {
  @Test
  void table_ofTextAndNumbers_putsNumbersToTheRight() {
    String table =
        new TextTable("name", "count", "p50")
            .row("single", 5, "0.123 ms")
            .row("x", "12,345", "1,200.0 ms")
            .render();

    assertThat(table.lines())
        .containsExactly(
            "name     count         p50",
            "------  ------  ----------",
            "single       5    0.123 ms",
            "x       12,345  1,200.0 ms");
  }

  @Test
  void column_withOneText_goesToTheLeft() {
    String table = new TextTable("a", "b").row("1", 22).row("none", 3).render();

    assertThat(table.lines()).containsExactly("a      b", "----  --", "1     22", "none   3");
  }

  @Test
  void table_withoutRows_hasItsHeading() {
    assertThat(new TextTable("a", "b").render().lines()).containsExactly("a  b", "-  -");
  }

  @Test
  void row_ofAnotherLength_isRefused() {
    assertThatThrownBy(() -> new TextTable("a", "b").row(1))
        .hasMessageContaining("(expected: 2 of them)");
  }

  @Test
  void numbers_haveAsManyDigitsAsAreOfUse() {
    assertThat(Numbers.rate(1.25)).isEqualTo("1.3");
    assertThat(Numbers.rate(99_999.6)).isEqualTo("100,000");
    assertThat(Numbers.millis(Duration.ofNanos(1_234_567))).isEqualTo("1.235 ms");
    assertThat(Numbers.millis(Duration.ofSeconds(12))).isEqualTo("12,000.0 ms");
    assertThat(Numbers.difference(0)).isEqualTo("0");
    assertThat(Numbers.difference(0.00012)).isEqualTo("1.2e-04");
  }
}
