package io.mpsparallel.testing;

/** The rules of Apple's command queues. */
public enum MpsRule {
  /** At most {@code concurrentForwards} threads encode at once. */
  ONE_ENCODES("1: no more threads than allowed encode at once"),
  /** Nobody waits for the device while holding the gate. */
  NO_WAIT_IN_GATE("2: nobody waits for the device inside the gate"),
  /** What is awaited was committed before. */
  COMMITTED_BEFORE_WAIT("3: what is awaited was committed before"),
  /** A stream is used by one thread at a time, and a recycled one is idle. */
  ONE_USER("4: a stream has one user at a time, and is idle when recycled"),
  /** A tensor produced on one stream is read on another only after its event. */
  EVENT_BEFORE_READ("5: what one stream made is read on another only after its event"),
  /** A device-wide synchronise covers all streams. */
  SYNCHRONIZE_ALL("6: a device-wide synchronise covers all streams"),
  /** After close nothing encodes. */
  NOTHING_AFTER_CLOSE("7: nothing encodes after close");

  private final String text;

  MpsRule(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
