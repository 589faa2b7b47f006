package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExpectationsTest {
  private static final Expectations EXPECTED = new Expectations(Map.of("lanes", 2.0, "infer", 0.8));

  @TempDir private Path folder;

  @Test
  void complaints_allAsExpectedOrBetter_none() {
    assertThat(EXPECTED.complaints(Map.of("lanes", 2.0, "infer", 3.0))).isEmpty();
  }

  @Test
  void complaints_aQuarterBelow_noneAtTheBound() {
    assertThat(EXPECTED.complaints(Map.of("lanes", 1.5, "infer", 0.61))).isEmpty();
    assertThat(EXPECTED.complaints(Map.of("lanes", 1.49, "infer", 0.61)))
        .containsExactly(Map.entry("lanes", "1.490 (expected: 2.000, at least 1.500)"));
  }

  @Test
  void complaints_noNumber_isTooLow() {
    assertThat(EXPECTED.complaints(Map.of("lanes", Double.NaN, "infer", 0.8)))
        .containsOnlyKeys("lanes");
  }

  @Test
  void complaints_namesThatOnlyOneSideHas_areNamed() {
    assertThat(EXPECTED.complaints(Map.of("lanes", 2.0, "submit", 1.0)))
        .containsExactly(
            Map.entry("infer", "expected, but not measured"),
            Map.entry("submit", "nothing is expected of it; --write would"));
  }

  @Test
  void file_isReadAsWritten() throws IOException {
    Path file = folder.resolve("quick.properties");
    EXPECTED.write(file, List.of("a comment", "another"));

    assertThat(Files.readAllLines(file))
        .containsExactly("# a comment", "# another", "infer = 0.800", "lanes = 2.000");
    assertThat(Expectations.read(file)).isEqualTo(EXPECTED);
  }

  @Test
  void file_thatIsMissingOrWrong_isSaid() throws IOException {
    Path file = folder.resolve("quick.properties");
    assertThatThrownBy(() -> Expectations.read(file))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("--write");
    Files.writeString(file, "lanes = fast\n");
    assertThatThrownBy(() -> Expectations.read(file))
        .hasMessage("lanes: 'fast' (expected: a number above 0)");
  }

  @Test
  void secondLook_countsWhatFellShortTwice() {
    assertThat(Quick.both(Map.of("a", "1", "b", "1"), Map.of("b", "2", "c", "2")))
        .containsExactly(Map.entry("b", "2"));
  }

  @Test
  void committedFile_hasARatioForEachThatIsMeasured() {
    Expectations committed = Expectations.read(Path.of("results/quick.properties"));

    assertThat(committed.ratios().keySet()).isEqualTo(Quick.names());
    assertThat(committed.ratios().values()).allSatisfy(ratio -> assertThat(ratio).isPositive());
  }
}
