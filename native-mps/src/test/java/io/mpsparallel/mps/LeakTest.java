package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many inferences hold memory flat: nothing native waits for the garbage collector. Each way runs
 * in a process of its own, whose heap is touched at its start.
 */
class LeakTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"infer", "infer-fresh", "infer-rows", "submit", "device-rows"})
  void memory_over100000Inferences_isFlat(String way) {
    ChildProcess.Ended ended =
        ChildProcess.run(directory, ManyInferences.class, way, directory.toString());
    ended.lines().forEach(System.out::println);
    assertThat(ended.exitCode()).as(ended.text()).isZero();
    assertThat(ended.lines()).contains("flat: " + way);
  }
}
