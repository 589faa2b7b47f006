package io.mpsparallel.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What worker processes may leave behind: looked for after everything is closed. */
final class Remains {
  private static final String FILES = "mps-parallel-slab-";
  private static final String THREADS = "mps-parallel-";
  private static final long PATIENCE_SECONDS = 10;

  private Remains() {}

  /** {@return processes, files, mappings and threads; empty if nothing is left} */
  static List<String> find() {
    return Stream.of(processes(), files(), mappings(), threads()).flatMap(all -> all).toList();
  }

  private static Stream<String> processes() {
    return ProcessHandle.current()
        .children()
        .filter(ProcessHandle::isAlive)
        .map(child -> "process " + child.pid());
  }

  private static Stream<String> files() {
    String ours = FILES + ProcessHandle.current().pid();
    try (Stream<Path> all = Files.list(Path.of("/dev/shm"))) {
      return all.map(String::valueOf).filter(name -> name.contains(ours)).toList().stream();
    } catch (IOException e) {
      return Stream.of(); // another kind of system
    }
  }

  private static Stream<String> mappings() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(line -> line.contains(FILES)).toList().stream();
    } catch (IOException e) {
      return Stream.of(); // another kind of system
    }
  }

  private static Stream<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(THREADS))
        .filter(Remains::outlives)
        .map(thread -> "thread " + thread.getName());
  }

  private static boolean outlives(Thread thread) {
    try {
      TimeUnit.SECONDS.timedJoin(thread, PATIENCE_SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return thread.isAlive();
  }
}
