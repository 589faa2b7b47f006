package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.settings.PathSettings;
import io.mpsparallel.settings.PathSettings.PathMode;

/**
 * Decides whether a forward runs operation by operation or prepared. Immutable, any thread.
 *
 * <p>Where a device records forwards, preparing pays for every model that is run again, and
 * recording pays for every shape that is: the launch of one operation costs as much as of a whole
 * recording, and no shape that was measured was slower recorded. Only inputs beyond what a batch
 * has by default are left out, for each recording has staging memory of its own.
 */
final class PathChooser {
  /** How often a shape must have come, this time included, to be worth preparing. */
  static final int RECURRING = 2;

  /** How often a forward runs on a stream before it is recorded: all is set up then. */
  static final int RUNS_BEFORE_RECORDING = 8;

  /** How often on a further stream, once it was recorded on another one. */
  static final int RUNS_BEFORE_RECORDING_AGAIN = 2;

  /** The source documents' figure for Apple GPUs, which no measurement of ours contradicts yet. */
  private static final long PREPARED_FROM = 4096;

  /** As batching.max-bytes. Up to 19 MB, recorded forwards were 1.0 to 7 times as quick (H200). */
  private static final long RECORDED_UP_TO = 64 << 20;

  private final PathMode mode;
  private final boolean records;
  private final long thresholdBytes;
  private final int cacheEntries;

  private PathChooser(PathMode mode, boolean records, long thresholdBytes, int cacheEntries) {
    this.mode = requireNonNull(mode, "mode");
    this.records = records;
    this.thresholdBytes = thresholdBytes;
    this.cacheEntries = cacheEntries;
  }

  /**
   * A chooser.
   *
   * @param settings with inputs of more than {@code thresholdBytes} speaking for the prepared path,
   *     or, where forwards are recorded, against it
   * @param records whether the device records forwards
   */
  static PathChooser of(PathSettings settings, boolean records) {
    long configured = settings.thresholdBytes();
    long devices = records ? RECORDED_UP_TO : PREPARED_FROM;
    long threshold = configured == PathSettings.DEVICE_DEFAULT ? devices : configured;
    return new PathChooser(settings.mode(), records, threshold, settings.cacheEntries());
  }

  /** How many prepared executions are kept. */
  int cacheEntries() {
    return cacheEntries;
  }

  /** Whether to take the prepared path; {@code timesSeen} counts this shape, this time included. */
  boolean graph(long inputBytes, int activeStreams, int timesSeen) {
    return switch (mode) {
      case EAGER -> false;
      case GRAPH -> true;
      case AUTO ->
          timesSeen >= RECURRING && (records || activeStreams > 1 || inputBytes > thresholdBytes);
    };
  }

  /**
   * Whether to record a forward.
   *
   * @param inputBytes the size of its inputs
   * @param eagerRuns how often it ran on this stream without being recorded
   * @param before whether it was recorded before, here or on another stream
   */
  boolean records(long inputBytes, int eagerRuns, boolean before) {
    return records
        && eagerRuns >= (before ? RUNS_BEFORE_RECORDING_AGAIN : RUNS_BEFORE_RECORDING)
        && (mode == PathMode.GRAPH || (mode == PathMode.AUTO && inputBytes <= thresholdBytes));
  }
}
