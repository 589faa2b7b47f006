package io.mpsparallel.work;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Requests that wait, by priority, then by arrival; they are taken one by one. Any thread. */
public final class WorkQueue extends BoundedSource<WorkItem> {
  private final Map<Priority, ArrayDeque<WorkItem>> byPriority = new EnumMap<>(Priority.class);
  private final List<ArrayDeque<WorkItem>> levels; // the same, the most urgent first

  /**
   * An empty queue.
   *
   * @param capacity how many items may wait
   * @param ticker the clock of the deadlines
   */
  public WorkQueue(int capacity, Ticker ticker) {
    super(capacity, ticker);
    for (Priority priority : Priority.values()) {
      byPriority.put(priority, new ArrayDeque<>());
    }
    levels = List.copyOf(byPriority.values());
  }

  @Override
  protected WorkItem waiting(WorkItem item) {
    return item;
  }

  @Override
  protected void add(WorkItem item) {
    requireNonNull(byPriority.get(item.priority())).addLast(item);
  }

  @Override
  protected void removeIf(Predicate<WorkItem> test) {
    levels.forEach(level -> level.removeIf(test));
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
    WorkItem item;
    do {
      left = awaitAny(left);
      item = poll();
    } while (item == null && left > 0);
    return item;
  }

  @Override
  public @Nullable WorkItem poll() {
    while (size() > 0) {
      WorkItem item = locked(this::first);
      if (item == null || isLive(item)) {
        return item;
      }
    }
    return null;
  }

  private @Nullable WorkItem first() {
    for (ArrayDeque<WorkItem> level : levels) {
      WorkItem item = level.pollFirst();
      if (item != null) {
        taken(1);
        return item;
      }
    }
    return null;
  }
}
