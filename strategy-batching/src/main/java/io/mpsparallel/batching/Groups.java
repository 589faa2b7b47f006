package io.mpsparallel.batching;

import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.WorkItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * All requests that wait, by what they can share. Guarded by the lock of its {@link BatchSource},
 * but for {@link #arrival}, which any thread may ask: whoever hands a request in finds its group.
 */
final class Groups {
  /** Groups that are remembered although none of their requests waits. */
  private static final int MOST_REMEMBERED = 1024;

  private final Function<ModelVersion, Traits> traitsOf;
  private final Map<ModelVersion, Traits> traits = new ConcurrentHashMap<>();
  private final Map<BatchKey, Group> known = new ConcurrentHashMap<>();
  private final List<Group> waiting = new ArrayList<>(); // those that are not empty
  private long number;

  /** No groups. */
  Groups(Function<ModelVersion, Traits> traitsOf) {
    this.traitsOf = traitsOf;
  }

  /** Finds out what matters about a request, and its group if there is one. Any thread. */
  Arrival arrival(WorkItem item, long nowNanos) {
    Waiting plain = Waiting.of(item, nowNanos, 0);
    Traits own = traits(item.version());
    Lengths lengths = own.lengths();
    int length = lengths == null ? 0 : lengths.of(item.inputs());
    if (lengths == null || length == 0) {
      return arrival(BatchKey.of(item), own, plain);
    }
    BatchKey key = BatchKey.of(item, lengths, lengths.bucket(length));
    return arrival(key, own, plain.filledUp(length, lengths));
  }

  private Arrival arrival(BatchKey key, Traits own, Waiting request) {
    return new Arrival(key, own, known.get(key), request);
  }

  private Traits traits(ModelVersion version) {
    Traits found = traits.get(version);
    return found == null ? traits.computeIfAbsent(version, traitsOf) : found;
  }

  /** Adds a request. */
  void add(Arrival arrival) {
    Group group = arrival.known();
    if (group == null) {
      group = groupOf(arrival.key(), arrival.traits());
    }
    if (group.isEmpty()) {
      waiting.add(group);
    }
    group.add(arrival.request().numbered(number++));
  }

  private Group groupOf(BatchKey key, Traits own) {
    Group found = known.get(key);
    if (found != null) {
      return found;
    }
    if (known.size() >= MOST_REMEMBERED) {
      known.values().removeIf(Group::isEmpty);
    }
    Group fresh = new Group(key, own);
    known.put(key, fresh);
    return fresh;
  }

  /** Takes out all that a test says yes to. */
  void removeIf(Predicate<WorkItem> test) {
    waiting.forEach(group -> group.removeIf(test));
    waiting.removeIf(Group::isEmpty);
  }

  /** Takes out those that are not to run, as far as the next batch can reach. */
  void removeDead(Predicate<WorkItem> dead, int reach, Consumer<WorkItem> removed) {
    waiting.forEach(group -> group.removeDead(dead, reach, removed));
    waiting.removeIf(Group::isEmpty);
  }

  /** {@return the groups with requests, the most urgent one first} */
  List<Group> byUrgency() {
    if (waiting.size() > 1) {
      waiting.sort(Group::byUrgency);
    }
    return waiting;
  }

  /** Takes the first requests of a group out. */
  List<Waiting> take(Group group, int requests) {
    List<Waiting> taken = group.take(requests);
    if (group.isEmpty()) {
      waiting.remove(group);
    }
    return taken;
  }

  /** Forgets a model version, of which no request waits. */
  void forget(ModelVersion version) {
    traits.remove(version);
    known.keySet().removeIf(key -> key.version() == version);
  }
}
