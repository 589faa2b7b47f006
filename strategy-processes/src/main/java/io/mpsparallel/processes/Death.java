package io.mpsparallel.processes;

import java.nio.file.Path;
import java.util.List;
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
  // Copies the list.
  Death {
    log = List.copyOf(log);
  }

  /** Whether somebody else killed it: by a signal that neither native code nor the JVM raises. */
  boolean fromOutside() {
    return hsErr == null
        && ("SIGKILL".equals(signal)
            || "SIGTERM".equals(signal)
            || "SIGINT".equals(signal)
            || "SIGHUP".equals(signal));
  }
}
