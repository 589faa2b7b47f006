package io.mpsparallel.processes;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Which workers are idle, how many are not, and how many serve. Any thread; nothing waits under the
 * monitor, and nobody's code runs there: what it guards is decided in microseconds, and a request
 * takes ten of them at least.
 */
final class Leases {
  private final ArrayDeque<Member> idle = new ArrayDeque<>(); // guarded by this; the latest first
  private volatile int taken; // written under the monitor
  private volatile int serving; // written under the monitor
  private volatile long replaced; // written under the monitor

  /** Takes the idle worker that was left last, which may still be looking; null if none is. */
  synchronized @Nullable Member takeAny() {
    Member first = idle.peekFirst();
    return first != null && take(first) ? first : null;
  }

  /** Takes this worker if it is idle. */
  synchronized boolean take(Member member) {
    if (!idle.remove(member)) {
      return false;
    }
    member.lease(Member.Lease.TAKEN);
    taken++;
    return true;
  }

  /** Nobody has this worker from now on. */
  synchronized void leave(Member member) {
    member.lease(Member.Lease.IDLE);
    taken--;
    idle.addFirst(member);
  }

  /** A worker has come, and somebody has it. */
  synchronized void arrived() {
    taken++;
  }

  /** A worker serves from now on. */
  synchronized void ready() {
    serving++;
  }

  /**
   * A worker is gone that somebody had.
   *
   * @param wasReady whether it served
   * @param counts whether it is to be counted as replaced
   */
  synchronized void departed(boolean wasReady, boolean counts) {
    taken--;
    serving -= wasReady ? 1 : 0;
    replaced += wasReady && counts ? 1 : 0;
  }

  synchronized boolean isAnyIdle() {
    return !idle.isEmpty();
  }

  /** {@return how many workers somebody has} */
  int taken() {
    return taken;
  }

  /** Whether any worker serves. */
  boolean isAnyServing() {
    return serving > 0;
  }

  /** {@return how many workers died that served, and were to be replaced} */
  long replaced() {
    return replaced;
  }
}
