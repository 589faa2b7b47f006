package io.mpsparallel.processes;

import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.settings.ProcessSettings.Limits;

/**
 * The life of the workers of one place, as a pure state machine: told what happened and when, it
 * says what to do. No clock, no threads, no I/O. The supervisor's thread.
 *
 * <pre>
 *            start                ready            limit of memory or requests, not wanted
 *   BACKOFF ───────▶ STARTING ───────────▶ SERVING ───────────────────────────────────────▶ DRAINING
 *      ▲                │ limit               │ silence, limit of a request, far too large     │
 *      │                ▼                     ▼                                                │ the same
 *      └───death───── KILLED ◀────────────────┴────────────────────────────────────────────────┘
 *      │
 *      └── not wanted ──▶ RETIRED
 *
 *   death: in any state but the first and the last; also when a worker that drained has ended
 * </pre>
 */
final class Life {
  /** Over how many times its memory a worker is not even waited for. */
  private static final double FAR_TOO_LARGE = 1.25;

  private final Limits limits;
  private final long launchNanos;
  private final long backoffNanos;
  private final long mostNanos;
  private State state = State.BACKOFF;
  private long since; // when it came into that state
  private long waitNanos; // in BACKOFF: for how long
  private int failures; // deaths since the last good answer
  private boolean planned; // the next death was asked for

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
    /** Start a process, and say so: {@link #started}. */
    START,
    /** Give the place up, and say so: {@link #retired}. */
    RETIRE,
    /** Have it finish what is in its hand, and end. */
    DRAIN,
    KILL_UNREADY,
    KILL_SILENT,
    KILL_SLOW,
    KILL_LARGE
  }

  /**
   * What the supervisor sees at one moment.
   *
   * @param nanos the moment
   * @param executingNanos for how long it has been at its present frame, 0 if it has none
   * @param silentNanos for how long it has had work and shown no sign of life
   * @param residentBytes its memory
   * @param served how many requests it has answered
   * @param wanted whether there is to be a worker in this place at all
   */
  record Sample(
      long nanos,
      long executingNanos,
      long silentNanos,
      long residentBytes,
      long served,
      boolean wanted) {}

  Life(ProcessSettings settings) {
    limits = settings.limits();
    launchNanos = settings.launch().limit().toNanos();
    backoffNanos = settings.restart().backoff().toNanos();
    mostNanos = settings.restart().most().toNanos();
  }

  State state() {
    return state;
  }

  /** Time has passed. */
  Step look(Sample now) {
    return switch (state) {
      case BACKOFF -> backOff(now);
      case STARTING -> now.nanos() - since > launchNanos ? kill(Step.KILL_UNREADY) : Step.NOTHING;
      case SERVING, DRAINING -> watch(now);
      case KILLED, RETIRED -> Step.NOTHING;
    };
  }

  private Step backOff(Sample now) {
    if (!now.wanted()) {
      return Step.RETIRE;
    }
    return now.nanos() - since >= waitNanos ? Step.START : Step.NOTHING;
  }

  private Step watch(Sample now) {
    if (now.silentNanos() > limits.silence().toNanos()) {
      return kill(Step.KILL_SILENT);
    }
    if (now.executingNanos() > limits.request().toNanos()) {
      return kill(Step.KILL_SLOW);
    }
    if (now.executingNanos() > 0 && isLarger(now, FAR_TOO_LARGE)) {
      return kill(Step.KILL_LARGE);
    }
    if (state == State.SERVING && (!now.wanted() || isUsedUp(now))) {
      state = State.DRAINING;
      planned = true;
      return Step.DRAIN;
    }
    return Step.NOTHING;
  }

  private boolean isUsedUp(Sample now) {
    return isLarger(now, 1)
        || (limits.requests() != ProcessSettings.NO_LIMIT && now.served() >= limits.requests());
  }

  private boolean isLarger(Sample now, double times) {
    return limits.memoryBytes() != ProcessSettings.NO_LIMIT
        && now.residentBytes() > times * limits.memoryBytes();
  }

  private Step kill(Step how) {
    state = State.KILLED;
    planned = false;
    return how;
  }

  /** What {@link Step#START} asked for is done. */
  void started(long nanos) {
    enter(State.STARTING, nanos);
    planned = false;
  }

  /** It has started. */
  void ready(long nanos) {
    if (state == State.STARTING) {
      enter(State.SERVING, nanos);
    }
  }

  /** An answer came, or a request is to blame for the death to come: the start was good. */
  void answered() {
    failures = 0;
  }

  /** What {@link Step#RETIRE} asked for is done. */
  void retired() {
    state = State.RETIRED;
  }

  /** It has died, or could not be started. */
  void died(long nanos) {
    enter(State.BACKOFF, nanos);
    if (planned) {
      failures = 0;
      waitNanos = 0;
      return;
    }
    waitNanos = backoffNanos;
    for (int i = 0; i < failures && waitNanos < mostNanos; i++) {
      waitNanos *= 2;
    }
    waitNanos = Math.min(waitNanos, mostNanos);
    failures++;
  }

  private void enter(State next, long nanos) {
    state = next;
    since = nanos;
  }
}
