package io.mpsparallel.bench;

import io.mpsparallel.backend.BackendReport;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;

/** What a scenario prints: where and with what it was run, then tables. One thread. */
final class Report {
  private static final Set<String> FACTS =
      Set.of("libtorch", "presets", "cpu capability", "blas", "blas threads", "intra-op threads");

  private final PrintWriter out;
  private boolean begun;
  private boolean wrong;

  Report(PrintWriter out) {
    this.out = out;
  }

  /** Prints the head, once. */
  void begin(String command, BackendReport engine) {
    if (begun) {
      return;
    }
    begun = true;
    Table table = new Table("what", "value");
    table.row("date", Instant.now().truncatedTo(ChronoUnit.SECONDS));
    table.row("command", "`" + command + "`");
    table.row("machine", Machine.description());
    table.row("load before", Machine.load());
    table.row("JDK", Machine.jdk());
    engine.facts().entrySet().stream()
        .filter(fact -> FACTS.contains(fact.getKey()))
        .forEach(fact -> table.row(fact.getKey(), fact.getValue()));
    out.printf("%n%s", table.render());
    out.flush();
  }

  /** Prints a table below a title. */
  void section(String title, Table table) {
    out.printf("%n## %s%n%n%s", title, table.render());
    out.flush();
  }

  /** Prints a line. */
  void say(String line) {
    out.printf("%n%s%n", line);
    out.flush();
  }

  /** Says yes, or NO, which makes the whole run fail: for answers, not for speed. */
  String mustHold(boolean holds) {
    wrong |= !holds;
    return holds ? "yes" : "NO";
  }

  /** {@return whether something did not hold that must} */
  boolean isWrong() {
    return wrong;
  }
}
