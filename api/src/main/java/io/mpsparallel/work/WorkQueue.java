package io.mpsparallel.work;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The bounded place where requests wait: by priority, then by arrival. Any number of threads may
 * offer and take. Cancelled items leave when room is needed, or when their turn comes; expired ones
 * fail before they reach a device. Items are finished outside the lock, so that a caller's
 * continuation never runs under it.
 */
public final class WorkQueue {
  private final int capacity;
  private final Ticker ticker;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition notEmpty = lock.newCondition();
  private final Condition notFull = lock.newCondition();
  private final Map<Priority, ArrayDeque<WorkItem>> byPriority = new EnumMap<>(Priority.class);
  private final List<ArrayDeque<WorkItem>> levels; // the same, the most urgent first
  private volatile int size;
  private volatile boolean closed;

  /**
   * An empty queue.
   *
   * @param capacity how many items may wait
   * @param ticker the clock of the deadlines
   */
  public WorkQueue(int capacity, Ticker ticker) {
    this.capacity = capacity;
    this.ticker = requireNonNull(ticker, "ticker");
    for (Priority priority : Priority.values()) {
      byPriority.put(priority, new ArrayDeque<>());
    }
    levels = List.copyOf(byPriority.values());
  }

  /** {@return how many items wait; a hint, unless nothing else happens} */
  public int size() {
    return size;
  }

  /**
   * Adds an item, or refuses it at once. A refused item is not finished: that is the caller's part.
   *
   * @param item the item
   * @throws InferenceException {@code OVERLOADED} at the bound, {@code CLOSED} after {@link #close}
   */
  public void offer(WorkItem item) {
    offer(item, Duration.ZERO);
  }

  /**
   * Adds an item; at the bound, waits for room. A refused item is not finished: that is the
   * caller's part.
   *
   * @param item the item
   * @param patience for how long to wait; also cut short by the item's deadline
   * @throws InferenceException {@code OVERLOADED} if there was no room, {@code DEADLINE_EXCEEDED}
   *     if the deadline came first, {@code CLOSED} after {@link #close}, {@code CANCELLED} if the
   *     thread was interrupted, with its flag set again
   */
  public void offer(WorkItem item, Duration patience) {
    List<WorkItem> dead = new ArrayList<>();
    lock.lock();
    try {
      awaitRoom(item, patience, dead);
      requireNonNull(byPriority.get(item.priority())).addLast(item);
      resize(1);
      notEmpty.signal();
    } finally {
      lock.unlock();
      dead.forEach(this::bury);
    }
  }

  private void awaitRoom(WorkItem item, Duration patience, List<WorkItem> dead) {
    long patienceNanos = clampedNanos(patience);
    long untilDeadline =
        item.deadlineNanos() == WorkItem.NO_DEADLINE
            ? Long.MAX_VALUE
            : Math.max(0, item.deadlineNanos() - ticker.nanos());
    long left = Math.min(patienceNanos, untilDeadline);
    while (!closed && size >= capacity && !removeDead(dead)) {
      if (left <= 0) {
        throw untilDeadline < patienceNanos || item.isExpired(ticker.nanos())
            ? expired()
            : full(patienceNanos);
      }
      try {
        left = notFull.awaitNanos(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InferenceException(
            ErrorCode.CANCELLED, "interrupted while it waited for room in the queue", e);
      }
    }
    if (closed) {
      throw closedError();
    }
  }

  /**
   * Takes the item whose turn it is, and waits for one if there is none.
   *
   * @param patience for how long to wait
   * @return a live item, or null if none came in time or the queue is closed and empty
   * @throws InterruptedException if the thread was interrupted while it waited
   */
  public @Nullable WorkItem take(Duration patience) throws InterruptedException {
    long left = clampedNanos(patience);
    while (true) {
      WorkItem item;
      lock.lockInterruptibly();
      try {
        while (size == 0 && !closed && left > 0) {
          left = notEmpty.awaitNanos(left);
        }
        item = first();
      } finally {
        lock.unlock();
      }
      if (item == null || isLive(item)) {
        return item;
      }
    }
  }

  /**
   * Takes the item whose turn it is, if there is one; waits for nobody but others that add or take.
   *
   * @return a live item, or null
   */
  public @Nullable WorkItem poll() {
    while (size > 0) {
      WorkItem item;
      lock.lock();
      try {
        item = first();
      } finally {
        lock.unlock();
      }
      if (item == null || isLive(item)) {
        return item;
      }
    }
    return null;
  }

  /** Whether an item that was taken is to be run; if not, it is finished here. */
  private boolean isLive(WorkItem item) {
    boolean live = !item.isDone() && !item.isExpired(ticker.nanos());
    if (!live) {
      bury(item);
    }
    return live;
  }

  private @Nullable WorkItem first() {
    for (int level = 0; size > 0; level++) {
      WorkItem item = levels.get(level).pollFirst();
      if (item != null) {
        resize(-1);
        notFull.signal();
        return item;
      }
    }
    return null;
  }

  /** Takes out what nobody waits for any more, if there is such; under the lock. */
  private boolean removeDead(List<WorkItem> dead) {
    int before = dead.size();
    long now = ticker.nanos();
    for (ArrayDeque<WorkItem> level : levels) {
      for (Iterator<WorkItem> it = level.iterator(); it.hasNext(); ) {
        WorkItem item = it.next();
        if (item.isDone() || item.isExpired(now)) {
          it.remove();
          dead.add(item);
        }
      }
    }
    int removed = dead.size() - before;
    resize(-removed);
    if (removed > 0) {
      notFull.signalAll();
    }
    return removed > 0;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock, read by anyone
  private void resize(int change) {
    size += change;
  }

  private void bury(WorkItem item) {
    if (item.isDone()) {
      item.drop();
    } else {
      item.fail(expired());
    }
  }

  /**
   * Refuses new items; those that wait can still be taken.
   *
   * @param failure null to leave waiting items to be taken; else what they fail with at once
   */
  public void close(@Nullable InferenceException failure) {
    List<WorkItem> rest = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      if (failure != null) {
        levels.forEach(rest::addAll);
        levels.forEach(ArrayDeque::clear);
        size = 0;
      }
      notEmpty.signalAll();
      notFull.signalAll();
    } finally {
      lock.unlock();
    }
    if (failure != null) {
      rest.forEach(item -> item.fail(failure));
    }
  }

  private static long clampedNanos(Duration duration) {
    return duration.compareTo(Duration.ofDays(365)) > 0
        ? TimeUnit.DAYS.toNanos(365)
        : duration.toNanos();
  }

  private InferenceException full(long patienceNanos) {
    return new InferenceException(
        ErrorCode.OVERLOADED,
        size
            + " requests wait (limit: "
            + capacity
            + "), none left within "
            + TimeUnit.NANOSECONDS.toMillis(patienceNanos)
            + " ms; try again later, or raise queue.capacity");
  }

  private static InferenceException expired() {
    return new InferenceException(
        ErrorCode.DEADLINE_EXCEEDED, "the deadline passed before the request reached a device");
  }

  private static InferenceException closedError() {
    return new InferenceException(ErrorCode.CLOSED, "the executor was closed");
  }
}
