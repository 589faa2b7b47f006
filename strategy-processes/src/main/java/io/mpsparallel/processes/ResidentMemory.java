package io.mpsparallel.processes;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The resident memory of a process, as the operating system says: at once from {@code /proc}, else,
 * on a Mac, by {@code ps}, whose answer is that of a call before. Nothing here waits. Any thread.
 */
final class ResidentMemory {
  private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final long pid;
  private final Path status;
  private final boolean hasProc;
  private volatile long lastBytes;
  private long askedNanos = System.nanoTime() - ASK_NANOS; // guarded by this

  ResidentMemory(long pid) {
    this(pid, Path.of("/proc"));
  }

  /** As found in a directory like {@code /proc}. */
  ResidentMemory(long pid, Path proc) {
    this.pid = pid;
    status = proc.resolve(pid + "/status");
    hasProc = Files.isDirectory(proc.resolve("self"));
  }

  /** {@return bytes; 0 if it is not known, or not yet, or the process is gone} */
  long bytes() {
    if (!hasProc) {
      askInBackground();
      return lastBytes;
    }
    try (BufferedReader in = Files.newBufferedReader(status, StandardCharsets.US_ASCII)) {
      return in.lines()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> kib(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException | java.io.UncheckedIOException e) {
      return 0;
    }
  }

  private static long kib(String digits) {
    return digits.isEmpty() || digits.length() > 15 ? 0 : Long.parseLong(digits) << 10;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // take() does not throw
  private synchronized void askInBackground() {
    long now = System.nanoTime();
    if (now - askedNanos < ASK_NANOS) {
      return;
    }
    askedNanos = now;
    try {
      Process ps = new ProcessBuilder("ps", "-o", "rss=", "-p", String.valueOf(pid)).start();
      ps.onExit().thenAccept(this::take);
    } catch (IOException e) {
      lastBytes = 0;
    }
  }

  private void take(Process ps) {
    try (BufferedReader in = ps.inputReader(StandardCharsets.US_ASCII)) {
      String line = in.readLine();
      lastBytes = line == null ? 0 : kib(line.strip());
    } catch (IOException e) {
      lastBytes = 0;
    }
  }
}
