package io.mpsparallel.batching;

import io.mpsparallel.strategy.BatchStats.Reason;
import org.jspecify.annotations.Nullable;

/**
 * What a lane that asks gets. Immutable.
 *
 * @param group whose requests leave, or null if none do
 * @param requests how many, the first ones in order
 * @param reason why now, or null if none leave
 * @param untilNanos until when nothing leaves unless something changes
 * @param <G> the group's type
 */
record Decision<G>(@Nullable G group, int requests, @Nullable Reason reason, long untilNanos) {
  /** There is no moment from which waiting stops to pay: something else must happen first. */
  static final long UNTIL_CHANGE = Long.MAX_VALUE;

  static <G> Decision<G> leave(G group, int requests, Reason reason) {
    return new Decision<>(group, requests, reason, 0);
  }

  static <G> Decision<G> rest(long untilNanos) {
    return new Decision<>(null, 0, null, untilNanos);
  }
}
