package io.mpsparallel.processes;

import io.mpsparallel.settings.ProcessSettings;

/**
 * The life of the workers of one place, as a pure state machine: told what happened and when, it
 * says what to do. No clock, no threads, no I/O. The supervisor's thread.
 *
 * <pre>
 *            start                ready              limit of memory or requests
 *   BACKOFF ───────▶ STARTING ───────────▶ SERVING ─────────────────────────────▶ DRAINING ──idle──▶ END
 *      ▲                │ limit, death       │ silence, limit of a request           │ the same
 *      │                ▼                    ▼                                       ▼
 *      └───death────  KILLED  ◀──────────────┴───────────────────────────────────────┘
 *
 *   any state: retire (fewer workers, close) drains, then RETIRED
 * </pre>
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class Life {
  /** Where it is. */
  enum State {
    BACKOFF,
    STARTING,
    SERVING,
    DRAINING,
    KILLED,
    RETIRED
  }

  /** What is to be done. */
  enum Step {
    NOTHING,
    START,
    DRAIN,
    KILL_SILENT,
    KILL_SLOW,
    KILL_LARGE,
    END
  }

  /**
   * What the supervisor sees at one moment.
   *
   * @param nanos the moment
   * @param executingNanos for how long it has been running its present frame, 0 if none
   * @param silentNanos for how long it has had work and shown no sign of life
   * @param residentBytes its memory
   * @param served how many requests it has answered
   * @param idle whether nothing is in its hand
   */
  record Sample(
      long nanos,
      long executingNanos,
      long silentNanos,
      long residentBytes,
      long served,
      boolean idle) {}

  Life(ProcessSettings settings) {}

  State state() {
    throw new UnsupportedOperationException("to be built");
  }

  /** Time has passed. */
  Step look(Sample sample) {
    throw new UnsupportedOperationException("to be built");
  }

  void ready(long nanos) {
    throw new UnsupportedOperationException("to be built");
  }

  /** An answer came: the start was good, and the next backoff is the first again. */
  void answered() {
    throw new UnsupportedOperationException("to be built");
  }

  void died(long nanos) {
    throw new UnsupportedOperationException("to be built");
  }

  void retire() {
    throw new UnsupportedOperationException("to be built");
  }
}
