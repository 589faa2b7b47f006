package io.mpsparallel.processes;

import io.mpsparallel.settings.ProcessSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** What this JVM and this machine are, as far as a child is to be like them. Any thread. */
final class ThisProcess {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final long PROBE_SECONDS = 5;
  private static final long LEAST_SHARED_BYTES = 1L << 30;
  private static final int SHARE_OF_MEMORY = 8;

  private static final List<String> OPTIONS =
      List.of(
          "--add-modules=",
          "--add-opens=",
          "--add-exports=",
          "--add-reads=",
          "--patch-module=",
          "--enable-native-access=",
          "--enable-preview",
          "--illegal-access=");

  /** The engine's presets, the level of its log, and where it looks for files. */
  private static final List<String> PROPERTIES =
      List.of("org.bytedeco.", "org.slf4j.", "java.io.tmpdir", "java.library.path", "user.home");

  private ThisProcess() {}

  /** {@return what a child takes over from this JVM} */
  static WorkerCommand.Inherited inherited() {
    return new WorkerCommand.Inherited(
        System.getProperty("java.class.path", ""),
        System.getProperty("jdk.module.path"),
        WorkerMain.class.getModule().getName(),
        options(ManagementFactory.getRuntimeMXBean().getInputArguments()),
        properties());
  }

  /** Those options that open or add modules; not debuggers, agents, heaps. */
  static List<String> options(List<String> all) {
    return all.stream().filter(option -> OPTIONS.stream().anyMatch(option::startsWith)).toList();
  }

  private static Map<String, String> properties() {
    Map<String, String> taken = new TreeMap<>();
    for (String name : System.getProperties().stringPropertyNames()) {
      if (PROPERTIES.stream().anyMatch(name::startsWith)) {
        taken.put(name, System.getProperty(name));
      }
    }
    return taken;
  }

  /** {@return the program that runs this JVM} */
  static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /**
   * The most shared memory of one worker: its limit; if it has none, an eighth of this machine's
   * memory, 1 GiB at least, since one damaged length is enough to ask for 2.
   */
  static long mostSharedBytes(long limitBytes) {
    return limitBytes == ProcessSettings.NO_LIMIT
        ? Math.max(LEAST_SHARED_BYTES, physicalBytes() / SHARE_OF_MEMORY)
        : limitBytes;
  }

  private static long physicalBytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean machine
        ? machine.getTotalMemorySize()
        : 0;
  }

  /** Where shared memory is made: in memory, else in a private directory on disk. */
  static Path sharedMemory(Path other) {
    return Files.isDirectory(SHARED_MEMORY) && Files.isWritable(SHARED_MEMORY)
        ? SHARED_MEMORY
        : other;
  }

  /** Whether {@code setpriv} is there and knows of the parent-death signal. Waits for it. */
  static boolean hasSetpriv() {
    try {
      Process probe =
          new ProcessBuilder("setpriv", "--pdeathsig", "KILL", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (probe.waitFor(PROBE_SECONDS, TimeUnit.SECONDS)) {
        return probe.exitValue() == 0;
      }
      probe.destroyForcibly();
      return false;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
