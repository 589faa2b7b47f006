package io.mpsparallel.batching;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.work.Priority;
import io.mpsparallel.work.WorkItem;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one key that wait, by priority, then by arrival; and what was learned about them.
 * Guarded by the lock of its {@link BatchSource}.
 */
final class Group implements BatchFormer.View {
  private final BatchKey key;
  private final Traits traits;
  private final Map<Priority, ArrayDeque<Waiting>> byPriority = new EnumMap<>(Priority.class);
  private final List<ArrayDeque<Waiting>> levels; // the same, the most urgent first
  private CostModel cost = CostModel.NONE;
  private Arrivals arrivals = Arrivals.NONE;

  Group(BatchKey key, Traits traits) {
    this.key = key;
    this.traits = traits;
    for (Priority priority : Priority.values()) {
      byPriority.put(priority, new ArrayDeque<>());
    }
    levels = List.copyOf(byPriority.values());
  }

  BatchKey key() {
    return key;
  }

  Traits traits() {
    return traits;
  }

  @Override
  public boolean isStacked() {
    return key.hasRows() && traits.isStacked() && (key.bucket() == 0 || traits.lengths() != null);
  }

  @Override
  public CostModel cost() {
    return cost;
  }

  @Override
  public Arrivals arrivals() {
    return arrivals;
  }

  @Override
  public Iterable<Waiting> inOrder() {
    return InOrder::new;
  }

  private final class InOrder implements Iterator<Waiting> {
    private int level;
    private Iterator<Waiting> here = levels.get(0).iterator();

    @Override
    public boolean hasNext() {
      while (!here.hasNext() && level + 1 < levels.size()) {
        level++;
        here = levels.get(level).iterator();
      }
      return here.hasNext();
    }

    @Override
    public Waiting next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return here.next();
    }
  }

  void add(Waiting request) {
    requireNonNull(byPriority.get(request.item().priority())).addLast(request);
    arrivals = arrivals.with(request.arrivalNanos());
  }

  void observe(int rows, long nanos) {
    cost = cost.with(rows, nanos);
  }

  boolean isEmpty() {
    return first() == null;
  }

  /** {@return the request that leaves first, or null} */
  @Nullable Waiting first() {
    for (ArrayDeque<Waiting> level : levels) {
      Waiting first = level.peekFirst();
      if (first != null) {
        return first;
      }
    }
    return null;
  }

  /** Takes out the first ones. */
  List<Waiting> take(int requests) {
    List<Waiting> taken = new ArrayList<>(requests);
    for (ArrayDeque<Waiting> level : levels) {
      while (taken.size() < requests && !level.isEmpty()) {
        taken.add(level.removeFirst());
      }
    }
    return taken;
  }

  /** Takes out all that a test says yes to. */
  void removeIf(Predicate<WorkItem> test) {
    levels.forEach(level -> level.removeIf(request -> test.test(request.item())));
  }

  /** Takes out those that are not to run, as far as the next batch can reach. */
  void removeDead(Predicate<WorkItem> dead, int reach, Consumer<WorkItem> removed) {
    int left = reach;
    for (ArrayDeque<Waiting> level : levels) {
      for (Iterator<Waiting> it = level.iterator(); left > 0 && it.hasNext(); ) {
        WorkItem item = it.next().item();
        if (dead.test(item)) {
          it.remove();
          removed.accept(item);
        } else {
          left--;
        }
      }
    }
  }

  /** Whether this group's next request goes before that of another. */
  static int byUrgency(Group one, Group other) {
    Waiting a = one.first();
    Waiting b = other.first();
    if (a == null || b == null) {
      return Boolean.compare(a == null, b == null);
    }
    int byPriority = a.item().priority().compareTo(b.item().priority());
    return byPriority != 0 ? byPriority : Long.compare(a.number(), b.number());
  }
}
