package io.mpsparallel;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ResilienceSettings;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How many requests of a model are in flight, where that is bounded, so that one model cannot take
 * the whole queue. The bound may change between requests. Any thread.
 */
final class ModelBound {
  private int inFlight; // guarded by this

  /**
   * Counts a request.
   *
   * @param bound how many there may be, or {@link ResilienceSettings#NO_BOUND}
   * @param patience for how long to wait for room
   * @return whether it was counted, and is to {@link #leave}
   * @throws InferenceException {@code OVERLOADED} if there is no room, {@code CANCELLED} if
   *     interrupted
   */
  boolean enter(int bound, Duration patience) {
    if (bound == ResilienceSettings.NO_BOUND) {
      return false;
    }
    synchronized (this) {
      long end = System.nanoTime() + patience.toNanos();
      while (inFlight >= bound) {
        await(end - System.nanoTime(), bound);
      }
      inFlight++;
    }
    return true;
  }

  private synchronized void await(long leftNanos, int bound) {
    if (leftNanos <= 0) {
      throw new InferenceException(
          ErrorCode.OVERLOADED,
          inFlight + " requests of this model are in flight (resilience.per-model: " + bound + ")");
    }
    try {
      TimeUnit.NANOSECONDS.timedWait(this, Math.max(leftNanos, 1_000_000));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InferenceException(ErrorCode.CANCELLED, "interrupted while it waited for room", e);
    }
  }

  /** A request that was counted has ended. */
  synchronized void leave() {
    inFlight--;
    notify();
  }
}
