package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.settings.PathSettings;
import io.mpsparallel.settings.PathSettings.PathMode;
import io.mpsparallel.settings.StreamSettings.CommitMode;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Positive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is pure: when to commit, which path, which size class. */
class PolicyTest {
  @ParameterizedTest
  @CsvSource({
    "EACH, 1, 1, true",
    "COALESCE, 1, 1, false",
    "COALESCE, 7, 1, false",
    "COALESCE, 8, 1, true",
    "COALESCE, 1, 2, true",
    "COALESCE, 1, 0, false",
    "AUTO, 1, 1, false",
    "AUTO, 7, 1, false",
    "AUTO, 8, 1, true",
    "AUTO, 1, 2, true",
    "AUTO, 1, 0, true",
  })
  void commitNow_noOverride_followsTheMode(
      CommitMode mode, int pending, int active, boolean expected) {
    assertThat(new CommitPolicy(mode, null).commitNow(pending, active)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "each, EACH, 8",
    "AUTO, AUTO, 8",
    "' Coalesce ', COALESCE, 8",
    "3, COALESCE, 3",
    "1, COALESCE, 1",
    "999999, COALESCE, 999999",
  })
  void override_valid_wins(String value, CommitMode mode, int limit) {
    for (CommitMode configured : CommitMode.values()) {
      CommitPolicy policy = new CommitPolicy(configured, value);
      assertThat(policy.mode()).isEqualTo(mode);
      assertThat(policy.limit()).isEqualTo(limit);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "2.5", "yes", "12345678901234567890", "08", ""})
  void override_invalid_isIgnored(String value) {
    CommitPolicy policy = new CommitPolicy(CommitMode.EACH, value);
    assertThat(policy.mode()).isEqualTo(CommitMode.EACH);
    assertThat(policy.limit()).isEqualTo(CommitPolicy.DEFAULT_LIMIT);
  }

  @Test
  void commitNow_numberedOverride_coalescesSoMany() {
    CommitPolicy policy = new CommitPolicy(CommitMode.EACH, "3");
    assertThat(policy.commitNow(2, 1)).isFalse();
    assertThat(policy.commitNow(3, 1)).isTrue();
    assertThat(policy.commitNow(1, 2)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "EAGER, 9999999, 31, 1000, false",
    "GRAPH, 0, 1, 1, true",
    "AUTO, 4096, 1, 1000, false",
    "AUTO, 4097, 1, 1, false",
    "AUTO, 4097, 1, 2, true",
    "AUTO, 1, 2, 2, true",
    "AUTO, 1, 2, 1, false",
    "AUTO, 1, 1, 2, false",
  })
  void graph_modeAndLoad_decide(PathMode mode, long bytes, int active, int seen, boolean expected) {
    PathChooser chooser = chooser(mode, PathSettings.DEVICE_DEFAULT, false);
    assertThat(chooser.graph(bytes, active, seen)).isEqualTo(expected);
    assertThat(chooser.records(bytes, 1000, true)).isFalse();
  }

  private static PathChooser chooser(PathMode mode, long threshold, boolean records) {
    return PathChooser.of(new PathSettings(mode, threshold, 3), records);
  }

  @ParameterizedTest
  @CsvSource({
    "EAGER, -1, 1, 1000, false",
    "GRAPH, -1, 99999999, 7, false",
    "GRAPH, -1, 99999999, 8, true",
    "AUTO, -1, 1, 7, false",
    "AUTO, -1, 1, 8, true",
    "AUTO, -1, 67108864, 8, true",
    "AUTO, -1, 67108865, 8, false",
    "AUTO, 100, 100, 8, true",
    "AUTO, 100, 101, 8, false",
    "AUTO, 0, 1, 8, false",
  })
  void records_modeSizeAndRuns_decide(
      PathMode mode, long threshold, long bytes, int runs, boolean expected) {
    assertThat(chooser(mode, threshold, true).records(bytes, runs, false)).isEqualTo(expected);
  }

  @Test
  void records_againOnAnotherStream_afterFewerRuns() {
    PathChooser chooser = chooser(PathMode.AUTO, PathSettings.DEVICE_DEFAULT, true);
    assertThat(chooser.records(1, 1, true)).isFalse();
    assertThat(chooser.records(1, 2, true)).isTrue();
    assertThat(chooser.records(1, 2, false)).isFalse();
  }

  @Test
  void graph_deviceThatRecords_isTheOneFromTheSecondRunOn() {
    PathChooser chooser = chooser(PathMode.AUTO, PathSettings.DEVICE_DEFAULT, true);
    assertThat(chooser.graph(1, 1, 1)).isFalse();
    assertThat(chooser.graph(1, 1, 2)).isTrue();
    assertThat(chooser(PathMode.EAGER, 0, true).graph(1, 9, 9)).isFalse();
  }

  @Property
  void sizeClass_anySize_holdsItWithAtMostAQuarterMore(@ForAll @Positive int bytes) {
    int sizeClass = SizeClass.of(bytes);
    if (sizeClass == SizeClass.NONE) {
      assertThat(bytes).isGreaterThan(SizeClass.bytes(SizeClass.COUNT - 1));
    } else {
      assertThat(SizeClass.bytes(sizeClass)).isGreaterThanOrEqualTo(bytes);
      assertThat((long) SizeClass.bytes(sizeClass)).isLessThanOrEqualTo(512L + bytes * 5L / 4);
    }
  }

  @Property
  void sizeClass_ofItsOwnBytes_isItself(
      @ForAll @IntRange(min = 0, max = SizeClass.COUNT - 1) int sizeClass) {
    assertThat(SizeClass.of(SizeClass.bytes(sizeClass))).isEqualTo(sizeClass);
    assertThat(SizeClass.of(SizeClass.bytes(sizeClass) + 1))
        .isEqualTo(sizeClass == SizeClass.COUNT - 1 ? SizeClass.NONE : sizeClass + 1);
  }

  @Test
  void nanos_hugeDuration_isTheMostThatFits() {
    assertThat(Durations.nanos(ChronoUnit.FOREVER.getDuration())).isEqualTo(Long.MAX_VALUE);
    assertThat(Durations.nanos(Duration.ofMillis(3))).isEqualTo(3_000_000);
  }
}
