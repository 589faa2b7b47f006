package io.mpsparallel.cli;

import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.BackendReport.Problem;
import io.mpsparallel.error.InferenceException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that {@code doctor} found out. Immutable, any thread.
 *
 * @param report facts, libraries and problems
 * @param tests what became of the self-test on each device
 */
record Health(BackendReport report, List<SelfTest.Outcome> tests) {
  // Copies the list.
  Health {
    tests = List.copyOf(tests);
  }

  /** A machine on which the engine cannot even be opened. */
  static Health unusable(InferenceException why) {
    String remedy =
        switch (why.code()) {
          case NATIVE_UNAVAILABLE ->
              "Put the natives of this machine ("
                  + machine()
                  + ") on the class path: org.bytedeco:javacpp, openblas and pytorch with its"
                  + " classifier, all of one version. There are some for linux-x86_64, macosx-arm64"
                  + " and windows-x86_64.";
          case CONFIG_INVALID -> "Correct the setting.";
          default -> "Run 'mps-parallel doctor --verbose', and report what it prints.";
        };
    Problem problem = new Problem(String.valueOf(why.getMessage()), remedy, true);
    return new Health(new BackendReport(jvmFacts(), List.of(), List.of(problem)), List.of());
  }

  /** What the JVM knows by itself. */
  static Map<String, String> jvmFacts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("java", Runtime.version() + " (" + System.getProperty("java.vendor") + ")");
    facts.put("machine", machine());
    facts.put("cpus granted", String.valueOf(Runtime.getRuntime().availableProcessors()));
    facts.put("heap limit", (Runtime.getRuntime().maxMemory() >> 20) + " MiB");
    return facts;
  }

  private static String machine() {
    return System.getProperty("os.name") + " " + System.getProperty("os.arch");
  }

  /** This report with the JVM's own facts in front. */
  Health withJvmFacts() {
    Map<String, String> facts = jvmFacts();
    facts.putAll(report.facts());
    return new Health(new BackendReport(facts, report.libraries(), report.problems()), tests);
  }

  /** {@return the problems, failed self-tests included, the severe ones first} */
  List<Problem> problems() {
    List<Problem> all = new ArrayList<>();
    tests.stream().filter(test -> !test.passed()).map(Health::problem).forEach(all::add);
    report.problems().stream().filter(Problem::severe).forEach(all::add);
    report.problems().stream().filter(problem -> !problem.severe()).forEach(all::add);
    return all;
  }

  private static Problem problem(SelfTest.Outcome test) {
    return new Problem(
        "self-test on " + test.device() + ": " + test.failure(),
        "Do not trust results of this device. Choose another with --device or"
            + " mps-parallel.device, and report what 'mps-parallel doctor --verbose' prints.",
        true);
  }

  /** {@return whether there is nothing severe} */
  boolean isHealthy() {
    return problems().stream().noneMatch(Problem::severe);
  }
}
