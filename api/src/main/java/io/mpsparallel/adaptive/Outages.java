package io.mpsparallel.adaptive;

import io.mpsparallel.policy.Choice;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Choices that fail and are left alone: for a while, each time in a row for twice as long. One
 * thread.
 */
final class Outages {
  private static final long MOST_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final long pauseNanos;
  private final Map<Choice, Long> leftNanos = new HashMap<>();
  private final Map<Choice, Long> waitNanos = new HashMap<>();

  /** Nothing fails; the first outage is so long. */
  Outages(long pauseNanos) {
    this.pauseNanos = pauseNanos;
  }

  /** A choice fails at this moment. */
  void begin(Choice choice, long nowNanos) {
    leftNanos.put(choice, nowNanos);
    waitNanos.merge(choice, pauseNanos, (before, first) -> Math.min(MOST_NANOS, 2 * before));
  }

  boolean isOut(Choice choice) {
    return leftNanos.containsKey(choice);
  }

  /** Those that may be tried again. */
  List<Choice> due(long nowNanos) {
    return leftNanos.entrySet().stream()
        .filter(
            left -> nowNanos - left.getValue() >= waitNanos.getOrDefault(left.getKey(), pauseNanos))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** A choice may be tried again. */
  void end(Choice choice) {
    leftNanos.remove(choice);
  }

  /** A choice served: the next outage is a short one again. */
  void worked(Choice choice) {
    if (!isOut(choice)) {
      waitNanos.remove(choice);
    }
  }
}
