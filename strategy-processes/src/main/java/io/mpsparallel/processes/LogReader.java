package io.mpsparallel.processes;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that reads what a worker prints, line by line, into the logger {@value #LOGGER}. The
 * last {@value #KEPT_LINES} lines are kept for the message of its death. Lines over {@value
 * #MOST_BYTES} bytes are cut; beyond {@value #MOST_LINES} lines a second they are counted instead.
 */
final class LogReader implements Runnable {
  /** The logger that workers' lines go to. */
  static final String LOGGER = "io.mpsparallel.processes.worker";

  static final int KEPT_LINES = 64;
  static final int MOST_BYTES = 8 << 10;
  static final int MOST_LINES = 1000;

  private static final Logger LOG = LoggerFactory.getLogger(LOGGER);
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final String CUT = " ... (cut)";

  private final InputStream in;
  private final Consumer<String> logger;
  private final LongSupplier nanoTime;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private final Deque<String> last = new ArrayDeque<>(); // guarded by itself

  // Mutable state of the thread.
  private final byte[] line = new byte[MOST_BYTES];
  private int length;
  private boolean cut;
  private long secondBegan;
  private int linesInSecond;
  private long leftOut;

  /** A reader that hands lines to a consumer, by a clock. */
  LogReader(InputStream in, Consumer<String> logger, LongSupplier nanoTime) {
    this.in = in;
    this.logger = logger;
    this.nanoTime = nanoTime;
    secondBegan = nanoTime.getAsLong();
  }

  /** Starts a daemon thread that reads until the end. */
  static LogReader start(String worker, InputStream in) {
    LogReader reader =
        new LogReader(in, line -> LOG.info("{}: {}", worker, line), System::nanoTime);
    Thread thread = new Thread(reader, "mps-parallel-log-" + worker);
    thread.setDaemon(true);
    thread.start();
    return reader;
  }

  /** {@return done when the end of the log was read} */
  CompletableFuture<Void> done() {
    return done;
  }

  /** {@return the last lines so far} */
  List<String> last() {
    synchronized (last) {
      return List.copyOf(last);
    }
  }

  @Override
  public void run() {
    byte[] chunk = new byte[MOST_BYTES];
    try (in) {
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        take(chunk, read);
      }
    } catch (IOException e) {
      // the process is gone and its streams are closed: the end as well
    } finally {
      if (length > 0) {
        endLine();
      }
      reportLeftOut();
      done.complete(null);
    }
  }

  private void take(byte[] chunk, int count) {
    for (int i = 0; i < count; i++) {
      if (chunk[i] == '\n') {
        endLine();
      } else if (length < line.length) {
        line[length++] = chunk[i];
      } else {
        cut = true;
      }
    }
  }

  private void endLine() {
    String text = new String(line, 0, length, StandardCharsets.UTF_8).stripTrailing();
    keep(cut ? text + CUT : text);
    length = 0;
    cut = false;
  }

  private void keep(String text) {
    synchronized (last) {
      if (last.size() == KEPT_LINES) {
        last.remove();
      }
      last.add(text);
    }
    long now = nanoTime.getAsLong();
    if (now - secondBegan >= SECOND_NANOS) {
      reportLeftOut();
      secondBegan = now;
      linesInSecond = 0;
    }
    if (++linesInSecond <= MOST_LINES) {
      logger.accept(text);
    } else {
      leftOut++;
    }
  }

  private void reportLeftOut() {
    if (leftOut > 0) {
      logger.accept("(" + leftOut + " lines left out: more than " + MOST_LINES + " a second)");
      leftOut = 0;
    }
  }
}
