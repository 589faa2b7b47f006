package io.mpsparallel.processes;

import io.mpsparallel.error.InferenceException;

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

  /** For a worker whose engine said that it is unusable. */
  static String of(InferenceException fault) {
    return "ended, since its engine is unusable: " + fault.getMessage();
  }

  static String of(Death death) {
    return death.signal() != null
        ? "died of " + death.signal()
        : "exited with status " + death.status();
  }
}
