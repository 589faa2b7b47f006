package io.mpsparallel.cli;

import java.io.PrintWriter;
import java.nio.charset.Charset;

/** The program {@code mps-parallel}. */
public final class Main {
  private Main() {}

  /**
   * Runs a command and ends the JVM: with 0 if all went well, 1 if the run failed, 2 if the command
   * line makes no sense.
   *
   * @param args the command and its arguments
   */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, Charset.defaultCharset());
    PrintWriter err = new PrintWriter(System.err, true, Charset.defaultCharset());
    int status = RootCommand.commandLine(Engines.INSTALLED).setOut(out).setErr(err).execute(args);
    out.flush();
    err.flush();
    System.exit(status);
  }
}
