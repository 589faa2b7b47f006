package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever callers give, they get a typed error that says what was expected, and the process lives.
 * Each group runs in a child process, so that a crash fails one test and no more.
 *
 * <p>The limits are five times what is aimed at: builds share machines.
 */
class BadInputTest {
  private static final long NOISE = 5;
  private static final long MILLIS = 1000;

  @TempDir Path directory;

  @Test
  void modelFiles_damagedOrForeign_areRefused() {
    assertGroup(BadModelFiles.class, 250 * MILLIS, 250 * MILLIS);
  }

  @Test
  void modelFiles_withFlippedBytes_neverCrash() {
    assertGroup(FlippedModelFiles.class, Long.MAX_VALUE / NOISE, Long.MAX_VALUE / NOISE);
  }

  @Test
  void declaredInputs_wrong_areRefusedBeforeNativeCode() {
    assertGroup(BadDeclaredInputs.class, 100 * MILLIS, MILLIS);
  }

  @Test
  void undeclaredInputs_wrong_failTyped() {
    assertGroup(BadUndeclaredInputs.class, 100 * MILLIS, 10 * MILLIS);
  }

  @Test
  void objects_closed_sayThatTheyAre() {
    assertGroup(ClosedObjects.class, 100 * MILLIS, 10 * MILLIS);
  }

  /** All times in microseconds. */
  private void assertGroup(Class<?> group, long firstLimit, long medianLimit) {
    ChildProcess.Ended ended = ChildProcess.run(directory, group, directory.toString());
    List<BadCases.Line> cases =
        ended.lines().stream()
            .filter(line -> line.startsWith(BadCases.PREFIX + "\t"))
            .map(BadCases.Line::parse)
            .toList();
    print(group, cases);
    assertThat(ended.exitCode()).as("exit code, after: %s", ended.text()).isZero();
    assertThat(ended.lines()).contains(BadCases.END + "\t" + cases.size());
    assertThat(cases).isNotEmpty();
    SoftAssertions all = new SoftAssertions();
    for (BadCases.Line line : cases) {
      all.assertThat(line.code()).as("%s: %s", line.name(), line.text()).isEqualTo(line.wanted());
      all.assertThat(line.text()).as(line.name()).contains(line.says());
      all.assertThat(line.first()).as("first us, %s", line).isLessThan(firstLimit * NOISE);
      all.assertThat(line.median()).as("median us, %s", line).isLessThan(medianLimit * NOISE);
    }
    all.assertAll();
  }

  private static void print(Class<?> group, List<BadCases.Line> cases) {
    StringBuilder table = new StringBuilder(group.getSimpleName()).append(", us first and median");
    for (BadCases.Line line : cases) {
      table.append(
          String.format(
              Locale.ROOT,
              "%n%-36s %-18s %8d %7d  %s",
              line.name(),
              line.code(),
              line.first(),
              line.median(),
              line.text()));
    }
    System.out.println(table);
  }
}
