package io.mpsparallel.bench;

/** One question about a strategy, and how it is measured. */
interface Scenario {
  /** {@return what the command line calls it} */
  String name();

  /** {@return what it measures, in a line} */
  String purpose();

  /** {@return in how many rounds, unless the command line says so} */
  int rounds();

  /** {@return for how many seconds each thing is measured in each round, unless it is said} */
  double seconds();

  /**
   * Measures and reports.
   *
   * @param run what it works with
   */
  void run(ScenarioRun run);
}
