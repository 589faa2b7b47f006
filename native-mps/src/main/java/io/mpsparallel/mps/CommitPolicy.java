package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.settings.StreamSettings.CommitMode;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides when encoded work is handed to the device. Immutable, any thread. */
final class CommitPolicy {
  /** The environment variable that overrides the setting: auto, each, coalesce or a number. */
  static final String VARIABLE = "MPS_PARALLEL_COMMIT";

  /** How many runs one commit takes at most. */
  static final int DEFAULT_LIMIT = 8;

  private static final Logger LOG = LoggerFactory.getLogger(CommitPolicy.class);
  private static final Pattern COUNT = Pattern.compile("[1-9]\\d{0,5}");

  private final CommitMode mode;
  private final int limit;

  /** A policy of the given mode, unless the value of {@link #VARIABLE} says otherwise. */
  CommitPolicy(CommitMode mode, @Nullable String environmentOverride) {
    String override =
        environmentOverride == null ? "" : environmentOverride.strip().toLowerCase(Locale.ROOT);
    boolean counted = COUNT.matcher(override).matches();
    this.mode = counted ? CommitMode.COALESCE : modeOf(override, requireNonNull(mode, "mode"));
    this.limit = counted ? Integer.parseInt(override) : DEFAULT_LIMIT;
  }

  /** Whether to commit after a run: {@code pendingRuns} are not committed, that one included. */
  boolean commitNow(int pendingRuns, int activeStreams) {
    return switch (mode) {
      case EACH -> true;
      case COALESCE -> pendingRuns >= limit || activeStreams > 1;
      case AUTO -> pendingRuns >= limit || activeStreams != 1;
    };
  }

  CommitMode mode() {
    return mode;
  }

  int limit() {
    return limit;
  }

  private static CommitMode modeOf(String override, CommitMode configured) {
    return switch (override) {
      case "" -> configured;
      case "auto" -> CommitMode.AUTO;
      case "each" -> CommitMode.EACH;
      case "coalesce" -> CommitMode.COALESCE;
      default -> {
        LOG.warn(
            "{}: '{}' is ignored (expected: auto, each, coalesce or a number from 1)",
            VARIABLE,
            override);
        yield configured;
      }
    };
  }
}
