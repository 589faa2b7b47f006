package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Lines that can be told apart, also without colours. */
final class SeriesStyleTest {
  @Test
  void colour_ofFortyLines_doesNotRepeat_andStandsOut() {
    for (String paper : List.of(SeriesStyle.LIGHT, SeriesStyle.DARK)) {
      List<String> colours =
          IntStream.range(0, 40).mapToObj(i -> SeriesStyle.colour(i, paper)).toList();
      assertThat(colours).doesNotHaveDuplicates();
      assertThat(colours)
          .allSatisfy(
              one -> assertThat(SeriesStyle.contrast(one, paper)).isGreaterThanOrEqualTo(4.5));
    }
  }

  @Test
  void dashesAndMarkers_ofThirtyLines_areNeverBothTheSame() {
    assertThat(IntStream.range(0, 30).mapToObj(i -> SeriesStyle.dashes(i) + SeriesStyle.marker(i)))
        .doesNotHaveDuplicates();
  }

  @Test
  void contrast_isThatOfWcag() {
    assertThat(SeriesStyle.contrast("#000000", "#ffffff")).isBetween(20.99, 21.01);
    assertThat(SeriesStyle.contrast("#777777", "#ffffff")).isBetween(4.47, 4.49);
  }
}
