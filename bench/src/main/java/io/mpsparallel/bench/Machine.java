package io.mpsparallel.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What a report says about where it was made. Any thread. */
final class Machine {
  private static final int KIB_OF_A_GIB = 1 << 20;

  private Machine() {}

  /** {@return processor, cores, memory and kernel} */
  static String description() {
    return String.format(
        Locale.ROOT,
        "%s, %d cores, %.0f GiB, %s %s",
        value("/proc/cpuinfo", "model name", System.getProperty("os.arch")),
        Runtime.getRuntime().availableProcessors(),
        kib("/proc/meminfo", "MemTotal") / (double) KIB_OF_A_GIB,
        System.getProperty("os.name"),
        System.getProperty("os.version"));
  }

  /** {@return the JVM and its version} */
  static String jdk() {
    return System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version");
  }

  /** {@return how busy the machine was in the last minute} */
  static String load() {
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    return String.format(Locale.ROOT, "%.2f", load);
  }

  /** {@return resident memory of this process in KiB; 0 where that cannot be told} */
  static long residentKib() {
    return kib("/proc/self/status", "VmRSS");
  }

  private static long kib(String file, String key) {
    return Long.parseLong(value(file, key, "0").replaceAll("[^0-9]", ""));
  }

  private static String value(String file, String key, String otherwise) {
    for (String line : lines(Path.of(file))) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).strip().equals(key)) {
        return line.substring(colon + 1).strip();
      }
    }
    return otherwise;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of(); // another kind of system
    }
  }
}
