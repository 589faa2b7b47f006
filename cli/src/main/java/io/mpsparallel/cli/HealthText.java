package io.mpsparallel.cli;

import io.mpsparallel.backend.BackendReport.Problem;
import java.util.Map;

/** A {@link Health} for people. Pure functions. */
final class HealthText {
  private static final String END = System.lineSeparator();

  private HealthText() {}

  /** {@return several lines} */
  static String render(Health health) {
    StringBuilder text = new StringBuilder();
    facts(text, health.report().facts());
    libraries(text, health);
    tests(text, health);
    problems(text, health);
    return text.append(verdict(health)).append(END).toString();
  }

  private static void facts(StringBuilder text, Map<String, String> facts) {
    int width = facts.keySet().stream().mapToInt(String::length).max().orElse(0);
    facts.forEach(
        (name, value) ->
            text.append(name)
                .append(" ".repeat(width - name.length()))
                .append("  ")
                .append(value)
                .append(END));
    text.append(END);
  }

  private static void libraries(StringBuilder text, Health health) {
    if (health.report().libraries().isEmpty()) {
      return;
    }
    text.append("Native libraries in this process:").append(END);
    health.report().libraries().forEach(file -> text.append("  ").append(file).append(END));
    text.append(END);
  }

  private static void tests(StringBuilder text, Health health) {
    if (health.tests().isEmpty()) {
      return;
    }
    TextTable table =
        new TextTable("device", "self-test", "compared with", "max difference", "one forward");
    for (SelfTest.Outcome test : health.tests()) {
      boolean measured = Double.isFinite(test.maxDifference());
      table.row(
          test.device(),
          test.passed() ? "passed" : "FAILED",
          test.comparedWith(),
          measured ? Numbers.difference(test.maxDifference()) : "-",
          measured ? Numbers.millis(test.time()) : "-");
    }
    text.append(table.render()).append(END);
  }

  private static void problems(StringBuilder text, Health health) {
    for (Problem problem : health.problems()) {
      text.append(problem.severe() ? "PROBLEM  " : "note     ").append(problem.what()).append(END);
      text.append("  to do  ").append(problem.remedy()).append(END).append(END);
    }
  }

  private static String verdict(Health health) {
    long severe = health.problems().stream().filter(Problem::severe).count();
    if (severe > 0) {
      return severe == 1 ? "There is a severe problem." : "There are " + severe + " problems.";
    }
    int notes = health.problems().size();
    return "All is well" + (notes == 0 ? "." : ", but for what is noted above.");
  }
}
