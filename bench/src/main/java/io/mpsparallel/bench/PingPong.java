package io.mpsparallel.bench;

import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Two threads that wake each other in turn, and sleep meanwhile. For one caller at a time. */
final class PingPong implements AutoCloseable {
  private final Thread partner = new Thread(this::answer, "bench-partner");
  private volatile @Nullable Thread caller; // whose turn it is not, while it waits
  private volatile boolean over;

  PingPong() {
    partner.setDaemon(true);
    partner.start();
  }

  /** {@return how long it takes to and fro, for so long} */
  Measured measure(Duration time) {
    return BlockedLoop.run(request -> call(), 1, Limit.time(time), Ticker.SYSTEM);
  }

  private void call() {
    caller = Thread.currentThread();
    LockSupport.unpark(partner);
    while (caller != null) {
      LockSupport.park(this);
    }
  }

  private void answer() {
    while (!over) {
      Thread waiting = caller;
      if (waiting == null) {
        LockSupport.park(this);
      } else {
        caller = null;
        LockSupport.unpark(waiting);
      }
    }
  }

  @Override
  public void close() {
    over = true;
    LockSupport.unpark(partner);
  }
}
