package io.mpsparallel.cli;

/** What the program ends with. */
final class ExitCodes {
  /** All went well. */
  static final int OK = 0;

  /** The run failed, or {@code doctor} found something severe. */
  static final int FAILED = 1;

  /** The command line makes no sense. */
  static final int USAGE = 2;

  private ExitCodes() {}
}
