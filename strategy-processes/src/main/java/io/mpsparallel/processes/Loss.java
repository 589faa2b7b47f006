package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.List;

/**
 * What is known about a worker that is gone. Immutable.
 *
 * @param worker its name and process id
 * @param how what ended it, as the end of a sentence that begins with its name
 * @param fromOutside whether nothing that it ran is to blame
 * @param executing the frame that it ran, or 0
 * @param death how the process ended
 */
record Loss(String worker, String how, boolean fromOutside, int executing, Death death) {
  private static final int LINES = 20;

  /** A loss of which nothing else is known. */
  static Loss unknown(String worker, String how) {
    return new Loss(worker, how, false, 0, new Death(-1, null, null, List.of()));
  }

  /** What a request fails with that it was running, if that is not tried again. */
  InferenceException failure(Verdict verdict) {
    return verdict == Verdict.LOST
        ? new InferenceException(
            ErrorCode.WORKER_LOST,
            "the workers that ran this were killed too often (processes.restart.retries); the last:"
                + " "
                + this)
        : new InferenceException(
            ErrorCode.REQUEST_QUARANTINED,
            "two workers died while they ran this, so it is not tried again; the last: " + this);
  }

  /** As a sentence, with the path of the JVM's report and the end of the log. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(worker).append(' ').append(how);
    if (death.hsErr() != null) {
      text.append("; ").append(death.hsErr());
    }
    List<String> log = death.log();
    if (!log.isEmpty()) {
      text.append("; the end of its log:");
      log.subList(Math.max(0, log.size() - LINES), log.size())
          .forEach(line -> text.append("\n  ").append(line));
    }
    return text.toString();
  }
}
