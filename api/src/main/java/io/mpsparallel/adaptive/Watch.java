package io.mpsparallel.adaptive;

import io.mpsparallel.work.LaneThread;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that calls somebody at the end of each window of time, and sleeps without limit while
 * nothing goes on. Any thread.
 */
final class Watch {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final int QUIET_WINDOWS = 250; // more than until what is idle is stopped

  private final LongPredicate look;
  private final Thread thread = new Thread(this::run, "mps-parallel-adaptive");
  private volatile boolean asleep;
  private volatile boolean over;

  /**
   * Not started.
   *
   * @param look is given the window's length, and says whether anything went on
   */
  Watch(LongPredicate look) {
    this.look = look;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Something goes on. */
  void wake() {
    if (asleep) {
      asleep = false;
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    long since = System.nanoTime();
    int quiet = 0;
    while (!over) {
      sleep(since + WINDOW_NANOS);
      long now = System.nanoTime();
      quiet = !over && lookNow(now - since) ? 0 : quiet + 1;
      since = now;
      if (quiet > QUIET_WINDOWS) {
        asleep = true;
        while (asleep && !over) {
          LockSupport.park(this);
        }
        since = System.nanoTime();
        quiet = 0;
      }
    }
  }

  private void sleep(long until) {
    long left = until - System.nanoTime();
    while (left > 0 && !over) {
      LockSupport.parkNanos(this, left);
      left = until - System.nanoTime();
    }
  }

  /** What goes wrong here must not end the watch: requests are served as they are. */
  private boolean lookNow(long nanos) {
    try {
      return look.test(Math.max(1, nanos));
    } catch (RuntimeException e) {
      if (!over) {
        LOG.warn("this window is left out", e);
      }
      return true;
    }
  }

  /**
   * Ends the thread, what it waits for (a worker's start, say) included, and waits until it has
   * ended; not on a lane, for which the thread may wait to warm something up.
   */
  void end() {
    over = true;
    thread.interrupt();
    if (thread.isAlive() && !(Thread.currentThread() instanceof LaneThread)) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
