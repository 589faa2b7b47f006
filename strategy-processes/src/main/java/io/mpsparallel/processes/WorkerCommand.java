package io.mpsparallel.processes;

import io.mpsparallel.settings.ThreadSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The command line, argument file and environment of a worker. Pure functions of what is asked of
 * the system; class path and module path are the parent's.
 */
final class WorkerCommand {
  /** Variables that would change the child's JVM behind our back, or make it chatter. */
  static final List<String> FORBIDDEN =
      List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  private static final String MAIN = WorkerMain.class.getName();

  /** Moves the control pipes to 3 and 4, and lets whatever is printed go to the log. */
  private static final String MOVE_PIPES = "exec \"$@\" 3<&0 4>&1 0</dev/null 1>&2";

  private WorkerCommand() {}

  /**
   * What of this process a child is to have as well.
   *
   * @param classPath as the JVM has it
   * @param modulePath as the JVM has it, or null
   * @param mainModule the module of {@link WorkerMain}, or null if it is on the class path
   * @param options those of this JVM that open or add modules
   * @param properties system properties for the engine
   */
  record Inherited(
      String classPath,
      @Nullable String modulePath,
      @Nullable String mainModule,
      List<String> options,
      Map<String, String> properties) {
    // Copies the collections.
    Inherited {
      options = List.copyOf(options);
      properties = Map.copyOf(properties);
    }

    /** The same, with the word that the engine's natives are unpacked, if they are. */
    Inherited andUnpacked(boolean unpacked) {
      if (!unpacked) {
        return this;
      }
      Map<String, String> more = new TreeMap<>(properties);
      more.put("io.mpsparallel.natives", "unpacked");
      return new Inherited(classPath, modulePath, mainModule, options, more);
    }
  }

  /**
   * The lines of the argument file: heap, collector, compiler, archive, class path, main class.
   *
   * @param heapBytes the most Java heap
   * @param archive an option about class-data archives, or null
   * @param hsErr where the JVM writes what it knows of its crash
   */
  static List<String> arguments(
      long heapBytes, Inherited inherited, @Nullable String archive, Path hsErr) {
    List<String> lines = new ArrayList<>();
    lines.add("-Xmx" + heapBytes);
    lines.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
    lines.add("-XX:+ExitOnOutOfMemoryError");
    lines.add("-XX:-UsePerfData"); // its file would stay after SIGKILL
    lines.add(
        "-XX:MaxDirectMemorySize=1t"); // else the heap's bound; processes.limits.memory counts
    lines.add("-XX:ErrorFile=" + hsErr.toString().replace("%", "%%"));
    if (archive != null) {
      lines.add(archive);
    }
    new TreeMap<>(inherited.properties()).forEach((k, v) -> lines.add("-D" + k + "=" + v));
    lines.addAll(inherited.options());
    addPaths(lines, inherited);
    return lines.stream().map(WorkerCommand::quoted).toList();
  }

  private static void addPaths(List<String> lines, Inherited inherited) {
    if (!inherited.classPath().isEmpty()) {
      lines.addAll(List.of("-cp", inherited.classPath()));
    }
    if (inherited.modulePath() != null) {
      lines.addAll(List.of("--module-path", inherited.modulePath()));
    }
    if (inherited.mainModule() != null) {
      lines.addAll(List.of("--add-modules", "ALL-MODULE-PATH"));
      lines.addAll(List.of("-m", inherited.mainModule() + "/" + MAIN));
    } else {
      lines.add(MAIN);
    }
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
    List<String> words = new ArrayList<>();
    if (hasSetpriv) {
      words.addAll(List.of("setpriv", "--pdeathsig", "KILL"));
    }
    words.addAll(List.of("/bin/sh", "-c", MOVE_PIPES, "sh"));
    words.addAll(List.of(java.toString(), "@" + argumentFile));
    words.addAll(args);
    return words;
  }

  /**
   * What is set on top of the parent's environment: threads of the libraries that read them when
   * they are loaded. What is automatic is 1 here, since several processes share the CPUs; the
   * parent says more when it has counted. Variables of the GPUs come from the parent.
   */
  static Map<String, String> environment(ThreadSettings threads) {
    int intraOp = threads.intraOp() == ThreadSettings.AUTO ? 1 : threads.intraOp();
    String operations = String.valueOf(intraOp);
    String blas = String.valueOf(threads.blas() == ThreadSettings.AUTO ? intraOp : threads.blas());
    return Map.of(
        "OMP_NUM_THREADS", operations,
        "MKL_NUM_THREADS", blas,
        "OPENBLAS_NUM_THREADS", blas,
        "VECLIB_MAXIMUM_THREADS", blas);
  }
}
