package io.mpsparallel.processes;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Which workers are idle, and how many are not. Any thread; nothing waits under the monitor, and
 * nobody's code runs there: what it guards is decided in microseconds, and a request takes ten of
 * them at least.
 */
final class Leases {
  private final ArrayDeque<Member> idle = new ArrayDeque<>(); // guarded by this; the latest first
  private volatile int taken; // written under the monitor

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
  synchronized void begin() {
    taken++;
  }

  /** A worker is gone that somebody had. */
  synchronized void end() {
    taken--;
  }

  synchronized boolean isAnyIdle() {
    return !idle.isEmpty();
  }

  /** {@return how many workers somebody has} */
  int taken() {
    return taken;
  }
}
