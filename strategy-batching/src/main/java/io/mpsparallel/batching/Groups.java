package io.mpsparallel.batching;

import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.WorkItem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All requests that wait, by what they can share. Guarded by the lock of its {@link BatchSource}.
 */
final class Groups {
  /** Groups that are remembered although none of their requests waits. */
  private static final int MOST_REMEMBERED = 1024;

  private final Function<ModelVersion, Traits> traitsOf;
  private final Map<ModelVersion, Traits> traits = new HashMap<>();
  private final Map<BatchKey, Group> known = new HashMap<>();
  private final List<Group> waiting = new ArrayList<>(); // those that are not empty
  private @Nullable ModelVersion lastVersion; // as most requests are of one model
  private @Nullable Traits lastTraits;
  private long number;

  /** No groups. */
  Groups(Function<ModelVersion, Traits> traitsOf) {
    this.traitsOf = traitsOf;
  }

  void add(WorkItem item, long nowNanos) {
    Waiting plain = Waiting.of(item, nowNanos, number++);
    Lengths lengths = traits(item.version()).lengths();
    int length = lengths == null ? 0 : lengths.of(item.inputs());
    if (lengths == null || length == 0) {
      add(plain, BatchKey.of(item));
    } else {
      add(plain.filledUp(length, lengths), BatchKey.of(item, lengths, lengths.bucket(length)));
    }
  }

  private void add(Waiting request, BatchKey key) {
    Group group = groupOf(key);
    if (group.isEmpty()) {
      waiting.add(group);
    }
    group.add(request);
  }

  private Traits traits(ModelVersion version) {
    Traits last = lastTraits;
    if (last == null || lastVersion != version) {
      last = traits.computeIfAbsent(version, traitsOf);
      lastVersion = version;
      lastTraits = last;
    }
    return last;
  }

  private Group groupOf(BatchKey key) {
    Group found = known.get(key);
    if (found != null) {
      return found;
    }
    if (known.size() >= MOST_REMEMBERED) {
      known.values().removeIf(Group::isEmpty);
    }
    Group fresh = new Group(key, traits(key.version()));
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
    lastVersion = null;
    lastTraits = null;
    known.keySet().removeIf(key -> key.version() == version);
  }
}
