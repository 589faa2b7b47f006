package io.mpsparallel.processes;

import java.util.concurrent.Semaphore;

/** The two ends of a pair of bells in one process, for threads that play worker and parent. */
final class LoopbackBell implements Bell {
  private final Semaphore mine;
  private final Semaphore theirs;
  private volatile LoopbackBell other = this;
  private volatile boolean closed;

  private LoopbackBell(Semaphore mine, Semaphore theirs) {
    this.mine = mine;
    this.theirs = theirs;
  }

  /** Two bells, each of which the other hears. */
  static LoopbackBell[] pair() {
    Semaphore a = new Semaphore(0);
    Semaphore b = new Semaphore(0);
    LoopbackBell[] pair = {new LoopbackBell(a, b), new LoopbackBell(b, a)};
    pair[0].other = pair[1];
    pair[1].other = pair[0];
    return pair;
  }

  /** How many bytes nobody has read yet. */
  int unheard() {
    return mine.availablePermits();
  }

  @Override
  public void ring() {
    theirs.release();
  }

  @Override
  public boolean sleep() {
    if (!closed && !other.closed) {
      mine.acquireUninterruptibly();
      mine.drainPermits();
    }
    return !closed && !other.closed;
  }

  @Override
  public void close() {
    closed = true;
    theirs.release();
    mine.release();
  }
}
