package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Event;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An event of a pool: new, recorded, then closed, which gives its native event back. Any thread may
 * ask; the native event is not reused while somebody does.
 */
final class PooledEvent<E> extends UseCount implements Event {
  private final EventPool<E> pool;
  private final E event;
  private final boolean timed;
  private volatile @Nullable Mark mark; // null: not recorded

  /** One recording: how to commit what it waits for, and whether the device was seen to pass it. */
  private static final class Mark {
    final Runnable commitIfPending;
    private volatile boolean committed;
    volatile boolean done;

    Mark(Runnable commitIfPending) {
      this.commitIfPending = commitIfPending;
    }

    /** Returns when it is committed, whichever thread does it: before that, no answer is true. */
    void commit() {
      if (committed) {
        return;
      }
      synchronized (this) {
        if (!committed) {
          commitIfPending.run();
          committed = true;
        }
      }
    }
  }

  PooledEvent(EventPool<E> pool, E event, boolean timed) {
    this.pool = pool;
    this.event = event;
    this.timed = timed;
  }

  /**
   * Says that the native event was just recorded; a former mark is forgotten.
   *
   * @param commitIfPending run once, before the device is first asked about this mark
   */
  void markRecorded(Runnable commitIfPending) {
    requireNonNull(commitIfPending, "commitIfPending");
    begin();
    try {
      mark = new Mark(commitIfPending);
    } finally {
      endUse();
    }
  }

  /** The native event, for the owner to record or wait on; {@code CLOSED} after {@link #close}. */
  E nativeEvent() {
    if (isShut()) {
      throw closed();
    }
    return event;
  }

  boolean isOf(EventPool<?> owner) {
    return pool == owner;
  }

  boolean isTimed() {
    return timed;
  }

  boolean isRecorded() {
    return mark != null;
  }

  @Override
  public boolean isDone() {
    begin();
    try {
      Mark current = mark;
      return current != null && isPassed(current);
    } finally {
      endUse();
    }
  }

  @Override
  public void await(Duration timeout) {
    requireNonNull(timeout, "timeout");
    begin();
    try {
      awaitMark(timeout);
    } finally {
      endUse();
    }
  }

  @Override
  public Duration elapsedSince(Event earlier) {
    PooledEvent<E> from = pool.own(earlier);
    begin();
    try {
      from.begin();
      try {
        return elapsedFrom(from);
      } finally {
        from.endUse();
      }
    } finally {
      endUse();
    }
  }

  @Override
  public void close() {
    if (shut()) {
      pool.forget(this);
    }
  }

  @Override
  void free() {
    Mark last = mark;
    pool.giveBack(event, timed, last == null || last.done);
  }

  private void awaitMark(Duration timeout) {
    pool.gate().checkNotHeld("await of an event");
    Mark current = mark;
    if (current == null) {
      throw new InferenceException(
          ErrorCode.MISUSE, "await of an event that nothing was recorded on: record it first");
    }
    if (isPassed(current)) {
      return;
    }
    if (pool.driver().await(event, Math.max(0, Durations.nanos(timeout)))) {
      current.done = true;
    } else if (Thread.currentThread().isInterrupted()) {
      throw new InferenceException(ErrorCode.CANCELLED, "interrupted while waiting for the device");
    } else {
      throw new InferenceException(
          ErrorCode.DEVICE_TIMEOUT,
          "the device did not reach the event within "
              + Durations.nanos(timeout) / 1_000_000
              + " ms: the GPU may hang; if the work is only large, allow more time");
    }
  }

  private boolean isPassed(Mark current) {
    if (current.done) {
      return true;
    }
    current.commit();
    boolean passed = pool.driver().query(event);
    if (passed) {
      current.done = true;
    }
    return passed;
  }

  private Duration elapsedFrom(PooledEvent<E> from) {
    Mark start = from.timedMark("earlier");
    Mark end = timedMark("later");
    if (!from.isPassed(start) || !isPassed(end)) {
      throw new InferenceException(
          ErrorCode.NOT_READY, "elapsed time: the device has not passed both events; await them");
    }
    return pool.driver().elapsed(from.event, event);
  }

  private Mark timedMark(String which) {
    if (!timed) {
      throw new InferenceException(
          ErrorCode.MISUSE,
          "elapsed time: the " + which + " event is not timed; make it with timed = true");
    }
    Mark current = mark;
    if (current == null) {
      throw new InferenceException(
          ErrorCode.MISUSE, "elapsed time: nothing was recorded on the " + which + " event");
    }
    return current;
  }

  private void begin() {
    if (!beginUse()) {
      throw closed();
    }
  }

  private static InferenceException closed() {
    return new InferenceException(ErrorCode.CLOSED, "event: used after it was closed");
  }
}
