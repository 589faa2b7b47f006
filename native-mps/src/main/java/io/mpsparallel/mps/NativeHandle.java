package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Guards a native object against being freed while it is used. Any thread. A use ends on the thread
 * that began it; elsewhere it still counts, but {@link #close} cannot know it for the caller's own.
 */
final class NativeHandle extends UseCount {
  private static final Logger LOG = LoggerFactory.getLogger(NativeHandle.class);

  private final String what;
  private final Duration closeTimeout;
  private final Runnable free;
  private final CountDownLatch freed = new CountDownLatch(1);

  // One for each handle, so that a use that ends on another thread keeps nothing alive.
  @SuppressWarnings("ThreadLocalUsage")
  private final ThreadLocal<int[]> ownUses = ThreadLocal.withInitial(() -> new int[1]);

  /** Guards what {@code free} frees; {@code what} names it in messages. */
  NativeHandle(String what, Duration closeTimeout, Runnable free) {
    this.what = requireNonNull(what, "what");
    this.closeTimeout = requireNonNull(closeTimeout, "closeTimeout");
    this.free = requireNonNull(free, "free");
  }

  /** Begins a use, to be ended by {@link #release}; {@code CLOSED} after {@link #close}. */
  void acquire() {
    if (!beginUse()) {
      throw new InferenceException(ErrorCode.CLOSED, what + ": used after it was closed");
    }
    ownUses.get()[0]++;
  }

  /** Ends a use; the last one of a closed handle frees it. */
  void release() {
    ownUses.get()[0]--;
    endUse();
  }

  /**
   * Refuses new uses, waits for running ones and frees. Idempotent. If they do not end in time, or
   * one of them is the caller's own, the last of them frees.
   *
   * @return whether it is freed now
   */
  boolean close() {
    boolean first = shut();
    if (awaitFreed(ownUses.get()[0] > 0 ? 0 : Durations.nanos(closeTimeout))) {
      return true;
    }
    if (first) {
      LOG.warn("{}: closed while it was in use; its last use will free it", what);
    }
    return false;
  }

  boolean isClosed() {
    return isShut();
  }

  @Override
  void free() {
    try {
      free.run();
    } finally {
      freed.countDown();
    }
  }

  private boolean awaitFreed(long nanos) {
    long start = System.nanoTime();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return freed.await(nanos - (System.nanoTime() - start), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
