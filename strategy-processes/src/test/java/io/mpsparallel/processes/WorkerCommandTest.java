package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.settings.ThreadSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WorkerCommandTest {
  private static WorkerCommand.Inherited inherited(String modulePath, String mainModule) {
    return new WorkerCommand.Inherited(
        "/a b.jar", modulePath, mainModule, List.of("--add-opens=x/y=Z"), Map.of("k", "v \\ w"));
  }

  @Test
  void arguments_onTheClassPath_endWithTheMainClass() {
    List<String> lines =
        WorkerCommand.arguments(
            48 << 20, inherited(null, null), "-XX:SharedArchiveFile=/c.jsa", Path.of("/50%/h"));
    assertThat(lines)
        .startsWith("\"-Xmx50331648\"", "\"-XX:+UseSerialGC\"", "\"-XX:TieredStopAtLevel=1\"")
        .contains("\"-XX:ErrorFile=/50%%/h\"", "\"-XX:SharedArchiveFile=/c.jsa\"")
        .endsWith(
            "\"-Dk=v \\\\ w\"",
            "\"--add-opens=x/y=Z\"",
            "\"-cp\"",
            "\"/a b.jar\"",
            "\"io.mpsparallel.processes.WorkerMain\"");
  }

  @Test
  void arguments_onTheModulePath_nameTheModule() {
    assertThat(WorkerCommand.arguments(1, inherited("/m", "p"), null, Path.of("/h")))
        .endsWith(
            "\"--module-path\"",
            "\"/m\"",
            "\"--add-modules\"",
            "\"ALL-MODULE-PATH\"",
            "\"-m\"",
            "\"p/io.mpsparallel.processes.WorkerMain\"");
  }

  @Test
  void command_withAndWithoutSetpriv_beginsWithIt() {
    Path java = Path.of("/java");
    List<String> with = WorkerCommand.command(true, java, Path.of("/a b"), List.of("x"));
    assertThat(with).startsWith("setpriv", "--pdeathsig", "KILL", "/bin/sh", "-c");
    assertThat(with).endsWith("/java", "@/a b", "x");
    assertThat(WorkerCommand.command(false, java, Path.of("/a"), List.of())).startsWith("/bin/sh");
  }

  @Test
  void environment_ofAutomaticThreads_isOneOfEach() {
    assertThat(WorkerCommand.environment(ThreadSettings.DEFAULTS))
        .containsEntry("OMP_NUM_THREADS", "1")
        .containsEntry("OPENBLAS_NUM_THREADS", "1");
    assertThat(WorkerCommand.environment(new ThreadSettings(4, ThreadSettings.AUTO)))
        .containsEntry("OMP_NUM_THREADS", "4")
        .containsEntry("MKL_NUM_THREADS", "4");
    assertThat(WorkerCommand.environment(new ThreadSettings(4, 2)))
        .containsEntry("OMP_NUM_THREADS", "4")
        .containsEntry("OPENBLAS_NUM_THREADS", "2");
  }

  @Test
  void options_ofThisJvm_areThoseOfModules() {
    assertThat(
            ThisProcess.options(
                List.of("-Xmx1g", "--add-opens=a/b=C", "-agentlib:jdwp=x", "--add-modules=d")))
        .containsExactly("--add-opens=a/b=C", "--add-modules=d");
  }
}
