package io.mpsparallel.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/**
 * One line that is drawn over and over, from the second second on, and wiped out at the end. One
 * thread.
 */
final class ProgressBar implements Callers.Progress, AutoCloseable {
  private static final Duration QUIET = Duration.ofSeconds(1);
  private static final int CELLS = 30;

  private final PrintWriter out;
  private final long total;
  private int drawn;

  /**
   * A bar that was not drawn yet.
   *
   * @param out a terminal
   * @param total how many requests there are
   */
  ProgressBar(PrintWriter out, long total) {
    this.out = out;
    this.total = total;
  }

  /** {@return whether a person watches} */
  @SuppressWarnings("SystemConsoleNull") // both answers are looked at
  static boolean isTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try { // from Java 22 on there is a console without a terminal as well
      return (Boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }

  @Override
  public void at(long done, Duration elapsed) {
    if (elapsed.compareTo(QUIET) <= 0) {
      return;
    }
    String line = line(done, elapsed);
    out.print("\r" + line + " ".repeat(Math.max(0, drawn - line.length())));
    out.flush();
    drawn = line.length();
  }

  private String line(long done, Duration elapsed) {
    int filled = (int) (CELLS * done / Math.max(1, total));
    double perSecond = done / (elapsed.toNanos() / 1e9);
    return String.format(
        Locale.ROOT,
        "[%s%s] %3d%%  %,d of %,d  %s/s",
        "#".repeat(filled),
        ".".repeat(CELLS - filled),
        100 * done / Math.max(1, total),
        done,
        total,
        Numbers.rate(perSecond));
  }

  @Override
  public void close() {
    if (drawn > 0) {
      out.print("\r" + " ".repeat(drawn) + "\r");
      out.flush();
    }
  }
}
