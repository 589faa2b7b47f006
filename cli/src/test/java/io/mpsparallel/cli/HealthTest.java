package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.BackendReport.Problem;
import io.mpsparallel.backend.Device;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class HealthTest {
  private static final SelfTest.Outcome PASSED =
      new SelfTest.Outcome(Device.CPU, "Java", 1.5e-7, Duration.ofMillis(1), "");

  private static Health health(Problem... problems) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("libtorch", "2.10.0");
    facts.put("blas", "OpenBLAS, 2 threads");
    BackendReport report = new BackendReport(facts, List.of("/lib/libtorch.so"), List.of(problems));
    return new Health(report, List.of(PASSED));
  }

  @Test
  void text_ofAHealthyMachine_isComplete() {
    assertThat(HealthText.render(health()).lines())
        .containsExactly(
            "libtorch  2.10.0",
            "blas      OpenBLAS, 2 threads",
            "",
            "Native libraries in this process:",
            "  /lib/libtorch.so",
            "",
            "device  self-test  compared with  max difference  one forward",
            "------  ---------  -------------  --------------  -----------",
            "cpu     passed     Java                  1.5e-07     1.000 ms",
            "",
            "All is well.");
  }

  @Test
  void problem_thatIsNotSevere_isANote() {
    Health noted = health(new Problem("OpenBLAS has 1 thread", "set threads.blas", false));

    assertThat(noted.isHealthy()).isTrue();
    assertThat(HealthText.render(noted).lines())
        .contains("note     OpenBLAS has 1 thread", "  to do  set threads.blas")
        .endsWith("All is well, but for what is noted above.");
  }

  @Test
  void problems_areOrderedWithTheSevereFirst() {
    Health sick =
        health(
            new Problem("slow", "a", false),
            new Problem("two libtorch", "b", true),
            new Problem("no BLAS", "c", true));

    assertThat(sick.isHealthy()).isFalse();
    assertThat(sick.problems())
        .extracting(Problem::what)
        .containsExactly("two libtorch", "no BLAS", "slow");
    assertThat(HealthText.render(sick)).endsWith("There are 2 problems." + System.lineSeparator());
  }

  @Test
  void json_keepsOddCharactersInValues() {
    String json =
        HealthJson.render(health(new Problem("\"quoted\" \\ and\nbroken", "x\u0001y", true)));

    assertThat(json)
        .contains("\"what\" : \"\\\"quoted\\\" \\\\ and\\nbroken\"")
        .contains("\"remedy\" : \"x\\u0001y\"")
        .contains("\"healthy\" : false");
  }

  @Test
  void json_keepsDotsInNamesOfFacts() {
    BackendReport report = new BackendReport(Map.of("torch.version", "2"), List.of(), List.of());

    assertThat(HealthJson.render(new Health(report, List.of())))
        .contains("\"torch.version\" : \"2\"");
  }

  @Test
  void jvmFacts_comeFirst() {
    assertThat(health().withJvmFacts().report().facts().keySet())
        .containsExactly("java", "machine", "cpus granted", "heap limit", "libtorch", "blas");
  }
}
