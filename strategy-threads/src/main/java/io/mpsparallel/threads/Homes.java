package io.mpsparallel.threads;

import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Which lane each caller's thread keeps to. Engines keep memory of the device for every pair of a
 * thread and a stream that have met, and never give it back: cuBLAS 32 MiB on an H100, which 16
 * callers that took whatever lane was idle filled with 79 GiB. So a thread has one lane, for as
 * long as it lives, and there are no more such threads than lanes; others wait for a lane's own
 * thread, unless their forward is recorded: a launch needs no such memory. Any thread.
 */
final class Homes {
  private final AtomicReferenceArray<@Nullable WeakReference<Thread>> owners =
      new AtomicReferenceArray<>(IdleLanes.MOST);
  private final ThreadLocal<@Nullable Integer> own = new ThreadLocal<>();

  /** {@return the lane of this thread, below a bound; {@link IdleLanes#NONE} if it has none} */
  int ofThisThread(int lanes) {
    Integer known = own.get();
    if (known != null) {
      return known < lanes ? known : IdleLanes.NONE;
    }
    for (int lane = 0; lane < lanes; lane++) {
      if (moveIn(lane)) {
        own.set(lane);
        return lane;
      }
    }
    return IdleLanes.NONE;
  }

  private boolean moveIn(int lane) {
    WeakReference<Thread> owner = owners.get(lane);
    Thread thread = owner == null ? null : owner.get();
    boolean free = thread == null || !thread.isAlive();
    return free && owners.compareAndSet(lane, owner, new WeakReference<>(Thread.currentThread()));
  }
}
