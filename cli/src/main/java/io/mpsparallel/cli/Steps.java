package io.mpsparallel.cli;

import java.io.PrintWriter;
import java.util.function.Consumer;

/** Says on a terminal which of many measurements is made; elsewhere nothing. One thread. */
final class Steps implements Consumer<String>, AutoCloseable {
  private static final int WIDTH = 70;

  private final PrintWriter out;
  private final int all;
  private int done;

  /**
   * None was made.
   *
   * @param out the terminal, if it is one
   * @param all how many there will be
   */
  Steps(PrintWriter out, int all) {
    this.out = out;
    this.all = all;
  }

  @Override
  public void accept(String what) {
    if (ProgressBar.isTerminal()) {
      out.printf("\r%3d%%  %-" + (WIDTH - 10) + "s", 100 * done / all, what);
      out.flush();
    }
    done++;
  }

  /** Leaves an empty line. */
  @Override
  public void close() {
    if (ProgressBar.isTerminal()) {
      out.print("\r" + " ".repeat(WIDTH) + "\r");
      out.flush();
    }
  }
}
