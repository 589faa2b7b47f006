package io.mpsparallel.processes;

import io.mpsparallel.settings.ExecutorSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The command line, argument file and environment of a worker. Pure functions of what is asked of
 * the system; the class path is the parent's, module path included.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class WorkerCommand {
  private WorkerCommand() {}

  /** The lines of the argument file: heap, collector, compiler, archive, class path, main class. */
  static List<String> arguments(
      ExecutorSettings settings, List<String> classPath, Path archive, Path hsErr) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Quotes for an argument file: backslashes doubled, spaces kept. */
  static String quoted(String argument) {
    return '"' + argument.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /**
   * What is executed: where there is one, {@code setpriv --pdeathsig KILL}; a shell that moves the
   * control pipes to 3 and 4 and lets whatever is printed go to the log; {@code java @file}.
   */
  static List<String> command(boolean hasSetpriv, Path java, Path argumentFile, List<String> args) {
    throw new UnsupportedOperationException("to be built");
  }

  /** What is set on top of the parent's environment. */
  static Map<String, String> environment(int intraOpThreads, int blasThreads) {
    throw new UnsupportedOperationException("to be built");
  }
}
