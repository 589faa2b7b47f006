package io.mpsparallel.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A {@link Peer} in a process that stays warm from round to round. One thread. */
final class PeerChild implements AutoCloseable {
  private static final List<String> THREAD_VARIABLES =
      List.of("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS");

  private final String name;
  private final Process process;
  private final BufferedReader from;
  private final PrintWriter to;
  private String facts = "";

  private PeerChild(String name, Process process) {
    this.name = name;
    this.process = process;
    from = process.inputReader(StandardCharsets.UTF_8);
    to = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
  }

  /**
   * Starts a JVM and waits until it is ready. One after the other: most unpack libraries when they
   * start. Variables that set numbers of threads are not handed down.
   *
   * @param name what messages call it
   * @param classPath its class path
   * @param flags options of the JVM
   * @param main the class that serves the peer, and its arguments
   * @return a process that the caller closes
   * @throws IllegalStateException if it ends
   */
  static PeerChild start(String name, String classPath, List<String> flags, List<String> main) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath));
    command.addAll(main);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().keySet().removeAll(THREAD_VARIABLES);
    try {
      PeerChild child = new PeerChild(name, builder.start());
      child.facts = child.reply("ready ");
      return child;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return what the peer says of itself} */
  String facts() {
    return facts;
  }

  /** {@return the output for an input, which all later calls use as well} */
  float[] answer(float[] row) {
    to.println("answer " + Wire.text(row));
    return Wire.floats(reply("answer "));
  }

  /** {@return what a closed loop of so many threads gives} */
  Measured run(int threads, Duration time) {
    to.println("run " + threads + " " + time.toNanos());
    return Wire.measured(reply("done "));
  }

  /** The rest of the next line that begins with a word; others are somebody's chatter. */
  private String reply(String word) {
    try {
      for (String line = from.readLine(); line != null; line = from.readLine()) {
        if (line.startsWith(word)) {
          return line.substring(word.length());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    close();
    throw new IllegalStateException(name + " has ended; see its messages above");
  }

  /** Ends the process. */
  @Override
  public void close() {
    process.destroy();
  }

  @Override
  public String toString() {
    return name;
  }
}
