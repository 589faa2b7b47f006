package io.mpsparallel.work;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A bounded place where requests wait; a subclass knows in which order. Any number of threads may
 * offer and take. Cancelled items leave when room is needed, or when their turn comes; expired ones
 * fail before they reach a device. Items are finished outside the lock, so that a caller's
 * continuation never runs under it.
 *
 * <p>While there is room, nobody needs the lock to hand a request in: it goes to an inbox, which
 * whoever has the lock next empties first.
 *
 * @param <W> what waits for a request
 */
public abstract class BoundedSource<W> implements WorkSource {
  private final int capacity;
  private final Inbox<W> inbox;
  private final Ticker ticker;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition notEmpty = lock.newCondition();
  private final Condition notFull = lock.newCondition();
  private volatile int takers; // that wait for an item; written under the lock
  private @Nullable InferenceException refusal; // guarded by lock: what nobody takes any more

  /**
   * An empty place.
   *
   * @param capacity how many items may wait
   * @param ticker the clock of the deadlines
   */
  protected BoundedSource(int capacity, Ticker ticker) {
    this.capacity = capacity;
    inbox = new Inbox<>(capacity);
    this.ticker = requireNonNull(ticker, "ticker");
  }

  // ---- for subclasses ----

  /**
   * Makes what waits for an item. By whoever hands it in, with or without the lock, and perhaps
   * more than once; what it throws goes to that one.
   *
   * @param item a new item
   * @return what is {@linkplain #add added} later
   */
  protected abstract W waiting(WorkItem item);

  /**
   * Adds what was handed in; under the lock, one after another as they came. It throws nothing.
   *
   * @param waiting what waits for a new item
   */
  protected abstract void add(W waiting);

  /**
   * Takes items out; under the lock.
   *
   * @param test asked for every item that waits; those for which it says yes go
   */
  protected abstract void removeIf(Predicate<WorkItem> test);

  /** {@return the present moment} */
  protected final long nowNanos() {
    return ticker.nanos();
  }

  /** {@return whether something was handed in and not {@linkplain #add added} yet} */
  protected final boolean hasArrivals() {
    return inbox.hasArrivals();
  }

  /**
   * Does something under the lock, after all that was handed in was {@linkplain #add added}.
   *
   * @param change what to do; it calls nobody's code
   * @param <T> what it gives
   * @return what it gave
   */
  protected final <T extends @Nullable Object> T locked(Supplier<T> change) {
    lock.lock();
    try {
      inbox.moveTo(this::add);
      return change.get();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Says that items were taken out; under the lock.
   *
   * @param items how many
   */
  protected final void taken(int items) {
    inbox.leave(items);
    for (int i = 0; i < items; i++) {
      notFull.signal();
    }
  }

  /**
   * Counts items that come back, whether there is room or not; under the lock.
   *
   * @param items how many
   * @return null if they can wait here; else what to fail them with, since nobody takes any more
   */
  protected final @Nullable InferenceException takenBack(int items) {
    if (refusal == null) {
      inbox.leave(-items);
    }
    return refusal;
  }

  /** Waits until there is an item or can be none; returns how much of the time is left. */
  final long awaitAny(long nanos) throws InterruptedException {
    long left = nanos;
    lock.lockInterruptibly();
    try {
      countTakers(1); // before it looks: who adds sees this, or else this sees what was added
      while (inbox.size() == 0 && !inbox.isClosed() && left > 0) {
        left = notEmpty.awaitNanos(left);
      }
      return inbox.isClosed() ? 0 : left;
    } finally {
      countTakers(-1);
      lock.unlock();
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock, read by anyone
  private void countTakers(int change) {
    takers += change;
  }

  /** Whether an item that was taken is to be run; if not, it is finished here. */
  final boolean isLive(WorkItem item) {
    boolean live = !isDead(item, ticker.nanos());
    if (!live) {
      bury(item);
    }
    return live;
  }

  /**
   * Whether nobody waits for an item any more.
   *
   * @param item the item
   * @param now the present moment
   * @return true if it was cancelled or has expired
   */
  protected static boolean isDead(WorkItem item, long now) {
    return item.isDone() || item.isExpired(now);
  }

  /**
   * Finishes a dead item that was taken out. Not under the lock.
   *
   * @param item the item
   */
  protected final void bury(WorkItem item) {
    if (item.isDone()) {
      item.drop();
    } else {
      item.fail(expired());
    }
  }

  // ---- for whoever adds ----

  @Override
  public final int size() {
    return inbox.size();
  }

  /**
   * Adds an item, or refuses it at once. A refused item is not finished: that is the caller's part.
   *
   * @param item the item
   * @throws InferenceException {@code OVERLOADED} at the bound, {@code CLOSED} after {@link #close}
   */
  public final void offer(WorkItem item) {
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
  public final void offer(WorkItem item, Duration patience) {
    if (!isAccepted(item)) {
      offerAtTheBound(item, patience);
    }
    if (takers > 0) {
      wakeTaker();
    }
  }

  /** Whether there was room. */
  private boolean isAccepted(WorkItem item) {
    Inbox.Answer answer = inbox.offer(waiting(item));
    if (answer == Inbox.Answer.CLOSED) {
      throw closedError();
    }
    return answer == Inbox.Answer.ACCEPTED;
  }

  private void wakeTaker() {
    lock.lock();
    try {
      notEmpty.signal();
    } finally {
      lock.unlock();
    }
  }

  private void offerAtTheBound(WorkItem item, Duration patience) {
    List<WorkItem> dead = new ArrayList<>();
    lock.lock();
    try {
      awaitRoom(item, patience, dead);
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
    while (!isAccepted(item)) {
      if (removeDead(dead)) {
        continue; // there is room, unless others were quicker
      }
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
  }

  @Override
  public final void buryDead() {
    List<WorkItem> dead = new ArrayList<>();
    locked(() -> removeDead(dead));
    dead.forEach(this::bury);
  }

  /** Takes out what nobody waits for any more, if there is such; under the lock. */
  private boolean removeDead(List<WorkItem> dead) {
    inbox.moveTo(this::add);
    int before = dead.size();
    long now = ticker.nanos();
    removeIf(item -> isDead(item, now) && dead.add(item));
    int removed = dead.size() - before;
    taken(removed);
    return removed > 0;
  }

  /**
   * Refuses new items; those that wait can still be taken.
   *
   * @param failure null to leave waiting items to be taken; else what they fail with at once
   */
  public final void close(@Nullable InferenceException failure) {
    List<WorkItem> rest = new ArrayList<>();
    lock.lock();
    try {
      inbox.close();
      if (failure != null) {
        refusal = failure;
        inbox.moveTo(this::add);
        removeIf(rest::add);
        inbox.leave(rest.size());
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

  static long clampedNanos(Duration duration) {
    return duration.compareTo(Duration.ofDays(365)) > 0
        ? TimeUnit.DAYS.toNanos(365)
        : duration.toNanos();
  }

  private InferenceException full(long patienceNanos) {
    return new InferenceException(
        ErrorCode.OVERLOADED,
        inbox.size()
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

  /** {@return what refused requests fail with} */
  public static InferenceException closedError() {
    return new InferenceException(ErrorCode.CLOSED, "the executor was closed");
  }
}
