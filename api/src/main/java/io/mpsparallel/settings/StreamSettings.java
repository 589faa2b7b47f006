package io.mpsparallel.settings;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

/**
 * The pool of streams of each device, and who may encode at once.
 *
 * @param capacity streams that can be held at once, the default one not counted; {@link #AUTO}
 *     takes what suits the kind of device: 255 on NVIDIA GPUs, else 31
 * @param patience for how long to wait when none is left: zero fails at once, {@link #FOREVER}
 *     waits without limit
 * @param commit when encoded work is handed to the device
 * @param gateWidth threads that may encode at once; {@link #AUTO} takes it from the device's facts
 */
public record StreamSettings(int capacity, Duration patience, CommitMode commit, int gateWidth) {
  /** Decided by the device's facts. */
  public static final int AUTO = 0;

  /** Wait without limit. */
  public static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();

  /** Fail at once when no stream is left, the rest decided by the library. */
  public static final StreamSettings DEFAULTS =
      new StreamSettings(AUTO, Duration.ZERO, CommitMode.AUTO, AUTO);

  /** When encoded work is handed to the device. */
  public enum CommitMode {
    /** Coalesce while a single stream is active, else each. */
    AUTO,
    /** After each run. */
    EACH,
    /** After several runs, or when somebody waits; only while a single stream is active. */
    COALESCE
  }

  // Checks the ranges.
  public StreamSettings {
    Check.range("streams.capacity", capacity, AUTO, 1024);
    Check.notNegative("streams.when-exhausted", requireNonNull(patience, "patience"));
    requireNonNull(commit, "commit");
    Check.range("streams.gate-width", gateWidth, AUTO, 1024);
  }

  /**
   * The capacity, with nothing automatic left.
   *
   * @param automatic what suits the device
   * @return streams that can be held at once
   */
  public int capacityOr(int automatic) {
    return capacity == AUTO ? automatic : capacity;
  }

  /**
   * Changes what happens when no stream is left.
   *
   * @param changed for how long to wait
   * @return the changed settings
   */
  public StreamSettings withPatience(Duration changed) {
    return new StreamSettings(capacity, changed, commit, gateWidth);
  }

  /**
   * Changes the number of streams.
   *
   * @param changed streams that can be held at once, or {@link #AUTO}
   * @return the changed settings
   */
  public StreamSettings withCapacity(int changed) {
    return new StreamSettings(changed, patience, commit, gateWidth);
  }

  /**
   * Changes when encoded work is handed to the device.
   *
   * @param changed the mode
   * @return the changed settings
   */
  public StreamSettings withCommit(CommitMode changed) {
    return new StreamSettings(capacity, patience, changed, gateWidth);
  }
}
