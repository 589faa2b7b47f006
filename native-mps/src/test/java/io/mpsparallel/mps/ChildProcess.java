package io.mpsparallel.mps;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a main class in a JVM of its own, with the class path of this one. */
final class ChildProcess {
  private static final long LIMIT_SECONDS = 240;

  private ChildProcess() {}

  /** How a child ended, and what it printed on both streams. */
  record Ended(int exitCode, List<String> lines) {
    String text() {
      return String.join("\n", lines);
    }
  }

  /** Runs a main class to its end; whatever it writes goes into a file in {@code directory}. */
  static Ended run(Path directory, Class<?> mainClass, String... arguments) {
    try {
      Path output = Files.createTempFile(directory, "child", ".txt");
      Process child =
          new ProcessBuilder(command(directory, mainClass, arguments))
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!child.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        child.destroyForcibly().waitFor();
      }
      return new Ended(child.exitValue(), Files.readAllLines(output, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a child ran", e);
    }
  }

  /** The class path goes through an argument file: command lines have a limit. */
  private static List<String> command(Path directory, Class<?> mainClass, String... arguments)
      throws IOException {
    Path file = Files.createTempFile(directory, "arguments", ".txt");
    String classPath = System.getProperty("java.class.path").replace("\\", "\\\\");
    Files.writeString(file, "-cp \"" + classPath + "\"\n");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx256m");
    command.add("-Xms256m");
    command.add("-XX:+AlwaysPreTouch"); // so that only native memory grows
    command.add("-XX:+UseSerialGC");
    command.add("-XX:-CreateCoredumpOnCrash");
    command.add("-XX:ErrorFile=" + directory.resolve("hs_err.log"));
    command.add("-Dfile.encoding=UTF-8");
    command.add("@" + file);
    command.add(mainClass.getName());
    command.addAll(List.of(arguments));
    return command;
  }
}
