package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class ScenarioMainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int execute(String... args) {
    return ScenarioMain.execute(new PrintWriter(out), new PrintWriter(err), args);
  }

  @Test
  void withoutAName_scenariosAreListed() {
    assertThat(execute()).isEqualTo(2);
    assertThat(err.toString())
        .contains("threads-scaling", "threads-efficiency", "threads-handover")
        .contains("threads-fairness", "threads-overload", "threads-cuda", "cuda ")
        .contains("batching-throughput", "batching-open-loop", "batching-flood");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void unknownName_isSaidAndScenariosAreListed() {
    assertThat(execute("threads-speed")).isEqualTo(2);
    assertThat(err.toString()).contains("threads-speed: no such scenario", "threads-scaling");
  }
}
