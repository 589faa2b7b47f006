package io.mpsparallel.threads;

import io.mpsparallel.work.Ticker;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Which lanes warm up at the moment: all, while nobody asks for anything; else one, so that
 * requests have the others. Any thread.
 */
final class WarmUpTurns {
  /** For so long after a request nobody counts as gone. */
  static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final BooleanSupplier waiting;
  private final LongSupplier served;
  private final Ticker ticker;
  private final Set<Object> warming = new HashSet<>(); // guarded by this
  private long lastServed; // guarded by this
  private long lastNanos; // when that changed; guarded by this

  /**
   * No lane warms up, and nobody has asked for anything.
   *
   * @param waiting whether requests wait
   * @param served how many were served
   * @param ticker the clock
   */
  WarmUpTurns(BooleanSupplier waiting, LongSupplier served, Ticker ticker) {
    this.waiting = waiting;
    this.served = served;
    this.ticker = ticker;
    lastNanos = ticker.nanos() - QUIET_NANOS;
  }

  /** Whether {@link #take} would say yes. */
  synchronized boolean mayTake(Object lane) {
    int others = warming.size() - (warming.contains(lane) ? 1 : 0);
    return others == 0 || !isServing();
  }

  /** Whether a lane warms up now, one step at a time; else it is done with that for the moment. */
  synchronized boolean take(Object lane) {
    boolean may = mayTake(lane);
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
  }

  private boolean isServing() {
    long now = ticker.nanos();
    long count = served.getAsLong();
    if (count != lastServed || waiting.getAsBoolean()) {
      lastServed = count;
      lastNanos = now;
    }
    return now - lastNanos < QUIET_NANOS;
  }
}
