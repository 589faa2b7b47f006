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
import org.HdrHistogram.Histogram;

/** A {@link NaivePool} in a process that stays warm from round to round. One thread. */
final class NaiveChild implements AutoCloseable {
  private static final List<String> THREAD_VARIABLES =
      List.of("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS");

  private final Process process;
  private final BufferedReader from;
  private final PrintWriter to;

  /** Which linear algebra the presets are asked for. */
  enum Blas {
    /** What they come with. */
    OPENBLAS("OpenBLAS"),
    /** What they take when a property says so. */
    MKL("MKL");

    private final String label;

    Blas(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }

    private List<String> flags() {
      return this == MKL ? List.of("-Dorg.bytedeco.openblas.load=mkl") : List.of();
    }
  }

  private NaiveChild(Process process) {
    this.process = process;
    from = process.inputReader(StandardCharsets.UTF_8);
    to = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
  }

  /**
   * Starts a process and waits until it is ready. One after the other: the presets unpack their
   * files when they start.
   *
   * @param model the file of the model
   * @param blas which linear algebra it must get
   * @return a process that the caller closes
   * @throws IllegalStateException if it ends, or gets other linear algebra
   */
  static NaiveChild start(Path model, Blas blas) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(blas.flags());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(NaivePool.class.getName(), model.toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().keySet().removeAll(THREAD_VARIABLES);
    try {
      NaiveChild child = new NaiveChild(builder.start());
      child.expectReady(blas);
      return child;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void expectReady(Blas blas) {
    String got = answer("ready ");
    if (!got.equals(blas.label())) {
      close();
      throw new IllegalStateException("BLAS: " + got + " (expected: " + blas.label() + ")");
    }
  }

  /** Calls from so many threads for some time; latencies are not looked at. */
  Measured run(int threads, Duration time) {
    to.println("run " + threads + " " + time.toNanos() / 1e9);
    String[] words = answer("done ").split(" ", -1);
    Duration elapsed = Duration.ofNanos(Long.parseLong(words[1]));
    Histogram unseen = Measured.histogram();
    return new Measured(Long.parseLong(words[0]), elapsed, unseen, unseen);
  }

  /** The rest of the next line that begins with a word; others are somebody's chatter. */
  private String answer(String word) {
    try {
      for (String line = from.readLine(); line != null; line = from.readLine()) {
        if (line.startsWith(word)) {
          return line.substring(word.length());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new IllegalStateException("the naive pool has ended; see its messages above");
  }

  /** Ends the process. */
  @Override
  public void close() {
    process.destroy();
  }
}
