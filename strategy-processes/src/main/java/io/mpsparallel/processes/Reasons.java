package io.mpsparallel.processes;

/** Why a worker is gone, as the end of a sentence that begins with its name. Pure. */
final class Reasons {
  private Reasons() {}

  static String of(Life.Step step) {
    return switch (step) {
      case KILL_UNREADY -> "was killed: it was not ready within processes.launch.limit";
      case KILL_SILENT -> "was killed: no sign of life for processes.limits.silence";
      case KILL_SLOW -> "was killed: one request ran for processes.limits.request";
      case KILL_LARGE -> "was killed: it took far more than processes.limits.memory";
      case NOTHING, START, RETIRE, DRAIN -> "was killed: the executor was closed";
    };
  }

  static String of(Death death) {
    return death.signal() != null
        ? "died of " + death.signal()
        : "exited with status " + death.status();
  }
}
