package io.mpsparallel.testing;

import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that moves when a test says so. Any thread. */
public final class ManualTicker implements Ticker {
  private final AtomicLong now = new AtomicLong(1_000_000_000L);

  /** A clock at some fixed moment. */
  public ManualTicker() {}

  /**
   * Moves the clock.
   *
   * @param time by how much
   */
  public void advance(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Override
  public long nanos() {
    return now.get();
  }
}
