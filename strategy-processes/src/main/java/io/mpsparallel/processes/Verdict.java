package io.mpsparallel.processes;

/**
 * What becomes of a request whose worker died. Pure.
 *
 * <pre>
 *   it was not executing, whatever the death               AGAIN
 *   it was executing, killed from outside, not too often   AGAIN
 *   it was executing, killed from outside, too often       LOST         WORKER_LOST
 *   it was executing, by a crash, an exit or our limits:
 *     the first time                                       AGAIN
 *     the second time                                      QUARANTINED  REQUEST_QUARANTINED
 * </pre>
 */
enum Verdict {
  /** It is tried on another worker, before everything that waits. */
  AGAIN,
  /** It fails with WORKER_LOST. */
  LOST,
  /** It fails with REQUEST_QUARANTINED. */
  QUARANTINED;

  /**
   * Judges.
   *
   * @param executing whether the dead worker was running it
   * @param outside whether it was killed from outside, the silence of a stopped one included
   * @param crashes how often a worker died of it by itself or by our limits, this time included
   * @param kills how often it was executing when a worker was killed from outside, this time
   *     included
   * @param retries how often that is forgiven
   */
  static Verdict of(boolean executing, boolean outside, int crashes, int kills, int retries) {
    if (!executing) {
      return AGAIN;
    }
    if (outside) {
      return kills > retries ? LOST : AGAIN;
    }
    return crashes >= 2 ? QUARANTINED : AGAIN;
  }
}
