package io.mpsparallel.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * One run of the program inside this JVM, and all it printed.
 *
 * @param status what it would have ended with
 * @param out its standard output
 * @param err its standard error
 */
record CliRun(int status, String out, String err) {
  static CliRun of(Engines engines, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        RootCommand.commandLine(engines)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(args);
    return new CliRun(status, out.toString(), err.toString());
  }
}
