package io.mpsparallel.threads;

import io.mpsparallel.work.SharedTraffic;
import io.mpsparallel.work.Ticker;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Which lanes warm up at the moment: all, while nobody asks for anything, of this strategy or
 * another on the same devices; else one, so that requests have the others. A request that runs for
 * longer than {@link #QUIET_NANOS} is overlooked. Any thread.
 */
final class WarmUpTurns {
  /** For so long after a request nobody counts as gone. */
  static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** How often a lane that waits for its turn looks closely. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final SharedTraffic traffic;
  private final Ticker ticker;
  private final Set<Object> warming = new HashSet<>(); // guarded by this
  private long lastServed; // guarded by this
  private long lastNanos; // when that changed; guarded by this
  private volatile @Nullable Object only; // the lane whose turn it is, if others have to wait
  private volatile long lookNanos; // when they look again

  /**
   * No lane warms up.
   *
   * @param traffic what is served
   * @param ticker the clock
   */
  WarmUpTurns(SharedTraffic traffic, Ticker ticker) {
    this.traffic = traffic;
    this.ticker = ticker;
    lastServed = traffic.served();
    lastNanos = ticker.nanos() - QUIET_NANOS;
  }

  /** Whether {@link #take} would say yes, as far as is known; it may have to be asked again. */
  boolean mayTake(Object lane) {
    Object now = only;
    if (now != null && now != lane && ticker.nanos() - lookNanos < 0) {
      return false;
    }
    return mayTakeNow(lane);
  }

  private synchronized boolean mayTakeNow(Object lane) {
    Object other = warming.stream().filter(one -> one != lane).findFirst().orElse(null);
    boolean may = other == null || !isServing();
    only = may ? null : other;
    lookNanos = ticker.nanos() + LOOK_NANOS;
    return may;
  }

  /** Whether a lane warms up now, one step at a time; else it is done with that for the moment. */
  synchronized boolean take(Object lane) {
    boolean may = mayTakeNow(lane);
    if (may) {
      warming.add(lane);
    } else {
      warming.remove(lane);
    }
    return may;
  }

  /** A lane has nothing to warm up any more. */
  synchronized void leave(Object lane) {
    warming.remove(lane);
    only = null;
  }

  private boolean isServing() {
    long now = ticker.nanos();
    long count = traffic.served();
    if (count != lastServed || traffic.hasRequests()) {
      lastServed = count;
      lastNanos = now;
    }
    return now - lastNanos < QUIET_NANOS;
  }
}
