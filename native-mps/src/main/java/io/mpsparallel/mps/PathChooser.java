package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.PathSettings.PathMode;

/** Decides whether a forward runs operation by operation or prepared. Immutable, any thread. */
final class PathChooser {
  /** How often a shape must have come, this time included, to be worth preparing. */
  static final int RECURRING = 2;

  private final PathMode mode;
  private final long thresholdBytes;

  /** A chooser; inputs of more than {@code thresholdBytes} speak for the prepared path. */
  PathChooser(PathMode mode, long thresholdBytes) {
    this.mode = requireNonNull(mode, "mode");
    this.thresholdBytes = thresholdBytes;
    if (thresholdBytes < 0) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          "path.threshold-bytes: "
              + thresholdBytes
              + " (expected: the device's figure, 0 or more)");
    }
  }

  /** Whether to take the prepared path; {@code timesSeen} counts this shape, this time included. */
  boolean graph(long inputBytes, int activeStreams, int timesSeen) {
    return switch (mode) {
      case EAGER -> false;
      case GRAPH -> true;
      case AUTO -> timesSeen >= RECURRING && (activeStreams > 1 || inputBytes > thresholdBytes);
    };
  }
}
