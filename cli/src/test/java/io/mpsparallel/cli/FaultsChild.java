package io.mpsparallel.cli;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.threads.ThreadsProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process that looks up a row that is there, one that is not, and again one that is, and prints
 * what comes of it.
 */
final class FaultsChild {
  private static final long LIMIT_SECONDS = 120;
  private static final int GOOD = 3;

  private FaultsChild() {}

  /** How it ended, and what it printed on both streams. */
  record Ended(int status, List<String> lines) {
    /** {@return the line that begins so, or all lines if there is none} */
    String line(String head) {
      return lines.stream().filter(line -> line.startsWith(head)).findFirst().orElse(text());
    }

    private String text() {
      return String.join("\n", lines);
    }

    @Override
    public String toString() {
      return "exit status " + status + "\n" + text();
    }
  }

  /** Its arguments: the device, the model. */
  public static void main(String[] args) {
    ExecutorSettings settings =
        ExecutorSettings.DEFAULTS.withStrategy(ThreadsProvider.ID).withDevice(args[0]);
    try (InferenceExecutor executor = FaultsOnDevice.executor(settings);
        LoadedModel model = executor.load(Path.of(args[1]))) {
      say("good", model, GOOD);
      say("bad", model, FaultsOnDevice.ROWS);
      say("next", model, GOOD);
      say("after", model, GOOD);
    }
    System.out.println("closed");
  }

  private static void say(String what, LoadedModel model, int id) {
    String answer;
    try {
      answer = String.valueOf(FaultsOnDevice.inferred(model, id));
    } catch (InferenceException e) {
      answer = String.valueOf(e.getMessage()).replace('\n', ' ');
    }
    System.out.println(what + ": " + answer);
  }

  /** Runs it to its end, with the class path and the properties of this process. */
  static Ended run(Path directory, String device, Path model) {
    try {
      Path output = Files.createTempFile(directory, "child", ".txt");
      Process child =
          new ProcessBuilder(command(directory, device, model))
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

  private static List<String> command(Path directory, String device, Path model)
      throws IOException {
    Path file = Files.createTempFile(directory, "arguments", ".txt");
    String classPath = System.getProperty("java.class.path").replace("\\", "\\\\");
    Files.writeString(file, "-cp \"" + classPath + "\"\n");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-Dorg.") || option.startsWith("-Djava.library"))
        .forEach(command::add);
    command.add("-XX:-CreateCoredumpOnCrash");
    command.add("-XX:ErrorFile=" + directory.resolve("hs_err.log"));
    command.add("@" + file);
    command.addAll(List.of(FaultsChild.class.getName(), device, model.toString()));
    return command;
  }
}
