package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A parent that is killed leaves neither processes nor files. */
class OrphansTest {
  @TempDir Path home;

  @Test
  void parentKilled_leavesNoWorkerAndNoFile() throws Exception {
    killParentOf(2, false);
  }

  @Test
  @EnabledOnOs(OS.LINUX) // a Mac has no parent-death signal, and a stopped process cannot look
  void parentKilled_leavesNoStoppedWorker() throws Exception {
    killParentOf(2, true);
  }

  private void killParentOf(int workers, boolean stopOne) throws Exception {
    Process parent = startParent(workers);
    List<ProcessHandle> children = readChildren(parent);
    assertThat(children).hasSize(workers).allMatch(ProcessHandle::isAlive);
    if (stopOne) {
      signal("-STOP", children.get(0));
    }
    parent.destroyForcibly();
    for (ProcessHandle child : children) {
      awaitEnd(child);
    }
    try (Stream<Path> left = Files.walk(home.resolve("cache"))) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
    try (Stream<Path> slabs = Files.list(Path.of("/dev/shm"))) {
      assertThat(slabs.map(Path::toString)).noneMatch(f -> f.contains("-" + parent.pid() + "-"));
    }
  }

  /** An orphan is nobody's child here, so its end cannot be waited for, only seen. */
  private static void awaitEnd(ProcessHandle orphan) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (orphan.isAlive() && System.nanoTime() < limit) {
      Thread.onSpinWait();
    }
    assertThat(orphan.isAlive()).isFalse();
  }

  private Process startParent(int workers) throws IOException {
    return new ProcessBuilder(
            ThisProcess.java().toString(),
            "-Xmx64m",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-cp",
            System.getProperty("java.class.path"),
            ParentOfWorkers.class.getName(),
            home.resolve("cache").toString(),
            String.valueOf(workers))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static List<ProcessHandle> readChildren(Process parent) throws IOException {
    List<ProcessHandle> children = new ArrayList<>();
    BufferedReader out = parent.inputReader(StandardCharsets.UTF_8);
    for (String line = out.readLine(); line != null && !line.equals("ready"); ) {
      children.add(ProcessHandle.of(Long.parseLong(line)).orElseThrow());
      line = out.readLine();
    }
    return children;
  }

  private static void signal(String signal, ProcessHandle process) throws Exception {
    assertThat(new ProcessBuilder("kill", signal, String.valueOf(process.pid())).start().waitFor())
        .isZero();
  }
}
