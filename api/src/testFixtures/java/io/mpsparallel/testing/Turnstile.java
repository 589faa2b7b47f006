package io.mpsparallel.testing;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where the forwards of a {@link FakeBackend} wait while a test holds them back: the scripted
 * latency. Open at first. Any thread.
 */
public final class Turnstile {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean open = true;
  private int admitted;
  private int waiting;

  /** An open turnstile. */
  public Turnstile() {}

  /** Holds back every forward from now on. */
  public void shut() {
    set(false, 0);
  }

  /** Lets everything through, now and from now on. */
  public void open() {
    set(true, 0);
  }

  /**
   * Lets some forwards through a shut turnstile, those that wait or those that come.
   *
   * @param forwards how many
   */
  public void admit(int forwards) {
    lock.lock();
    try {
      admitted += forwards;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void set(boolean nowOpen, int nowAdmitted) {
    lock.lock();
    try {
      open = nowOpen;
      admitted = nowAdmitted;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until forwards are held back here.
   *
   * @param forwards how many, at least
   * @throws AssertionError if they did not come
   */
  public void awaitWaiting(int forwards) {
    lock.lock();
    try {
      long left = PATIENCE_NANOS;
      while (waiting < forwards) {
        if (left <= 0) {
          throw new AssertionError(waiting + " forwards wait (expected: " + forwards + ")");
        }
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while it waited for forwards", e);
    } finally {
      lock.unlock();
    }
  }

  /** Passes, when allowed. */
  void pass() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      waiting++;
      changed.signalAll();
      while (!open && admitted == 0) {
        changed.await();
      }
      if (!open) {
        admitted--;
      }
    } finally {
      waiting--;
      lock.unlock();
    }
  }
}
