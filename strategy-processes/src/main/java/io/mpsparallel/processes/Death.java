package io.mpsparallel.processes;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a process ended. Immutable.
 *
 * @param status its exit status; 128 and more for a signal
 * @param signal the signal's name, by the status or, if the JVM saw it first, by its hs_err file
 * @param hsErr the file that the JVM left, if it did
 * @param log the last lines of its log
 */
record Death(int status, @Nullable String signal, @Nullable Path hsErr, List<String> log) {
  private static final int SIGNALLED = 128;
  private static final int HS_ERR_HEAD_LINES = 32;
  private static final Pattern CAUGHT = Pattern.compile("#\\s+(SIG[A-Z0-9]+) \\(0x.*");
  private static final Map<Integer, String> SIGNALS =
      Map.of(
          1, "SIGHUP", 2, "SIGINT", 3, "SIGQUIT", 4, "SIGILL", 6, "SIGABRT", 8, "SIGFPE", 9,
          "SIGKILL", 11, "SIGSEGV", 15, "SIGTERM");
  private static final int BUS = System.getProperty("os.name").startsWith("Mac") ? 10 : 7;

  // Copies the list.
  Death {
    log = List.copyOf(log);
  }

  /**
   * Finds out how a process ended.
   *
   * @param status as {@link Process#exitValue} says it
   * @param hsErr where the JVM was told to write; there may be nothing
   */
  static Death of(int status, Path hsErr, List<String> log) {
    String signal = nameOf(status);
    if (!Files.exists(hsErr)) {
      return new Death(status, signal, null, log);
    }
    String caught = caught(hsErr);
    return new Death(status, caught == null ? signal : caught, hsErr, log);
  }

  private static @Nullable String nameOf(int status) {
    int number = status - SIGNALLED;
    if (number <= 0) {
      return null;
    }
    return number == BUS ? "SIGBUS" : SIGNALS.getOrDefault(number, "signal " + number);
  }

  /** The signal that the JVM saw: it ends by SIGABRT after it has written its file. */
  private static @Nullable String caught(Path hsErr) {
    try (BufferedReader in = Files.newBufferedReader(hsErr, StandardCharsets.ISO_8859_1)) {
      for (int i = 0; i < HS_ERR_HEAD_LINES; i++) {
        String line = in.readLine();
        Matcher matcher = CAUGHT.matcher(line == null ? "" : line);
        if (matcher.matches()) {
          return matcher.group(1);
        }
      }
      return null;
    } catch (IOException e) {
      return null;
    }
  }

  /** Whether somebody else killed it: by a signal that neither native code nor the JVM raises. */
  boolean fromOutside() {
    return hsErr == null
        && ("SIGKILL".equals(signal)
            || "SIGTERM".equals(signal)
            || "SIGINT".equals(signal)
            || "SIGHUP".equals(signal));
  }

  /** {@return signal or status, the hs_err file, and the last line of the log, in one line} */
  String describe() {
    String how = signal == null ? "exit status " + status : signal;
    String file = hsErr == null ? "" : ", see " + hsErr;
    String said = log.isEmpty() ? "" : ", last line of its log: " + log.get(log.size() - 1);
    return how + file + said;
  }
}
