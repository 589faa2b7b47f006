package io.mpsparallel.processes;

/**
 * For how long a worker has been at one frame, and without a sign of life. Pure; the supervisor's
 * thread.
 */
final class Pulse {
  private int frame;
  private long frameSince;
  private int beat;
  private long beatSince;

  /** Another worker. */
  void reset() {
    frame = 0;
  }

  /**
   * What is seen.
   *
   * @param nanos when
   * @param frame what it runs, or what it was handed last and has not answered; 0 if nothing
   * @param beat its sign of life
   */
  void observe(long nanos, int frame, int beat) {
    if (this.frame == 0 || beat != this.beat) {
      this.beat = beat;
      beatSince = nanos; // silence without work says nothing
    }
    if (frame != this.frame) {
      this.frame = frame;
      frameSince = nanos;
    }
  }

  /** {@return for how long it has been at its present frame} */
  long executingNanos(long nanos) {
    return frame == 0 ? 0 : Math.max(1, nanos - frameSince);
  }

  /** {@return for how long it has had work and shown no sign of life} */
  long silentNanos(long nanos) {
    return frame == 0 ? 0 : nanos - beatSince;
  }
}
