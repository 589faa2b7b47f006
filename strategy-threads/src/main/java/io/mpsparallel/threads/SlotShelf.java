package io.mpsparallel.threads;

import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * The free slots of one lane, by model: as many as it keeps in flight, or as its widest job takes,
 * and one for a request that a continuation runs in the midst of others. Whoever is on the lane.
 */
final class SlotShelf {
  private final Stream stream;
  private final IntSupplier depth;
  private final IdentityHashMap<Model, ArrayDeque<Slot>> slots = new IdentityHashMap<>();
  private int widest = 1;

  SlotShelf(Stream stream, IntSupplier depth) {
    this.stream = stream;
    this.depth = depth;
  }

  /** An empty slot of a model, which the caller puts back or closes. */
  Slot take(Model model) {
    ArrayDeque<Slot> free = slots.get(model);
    Slot slot = free == null ? null : free.pollLast();
    return slot == null ? model.newSlot(stream) : slot;
  }

  /** There is a job of so many forwards. */
  void expect(int forwards) {
    widest = Math.max(widest, forwards);
  }

  /** Puts an empty slot back. */
  void put(Model model, Slot slot) {
    ArrayDeque<Slot> free = slots.computeIfAbsent(model, key -> new ArrayDeque<>());
    if (free.size() <= Math.max(depth.getAsInt(), widest)) {
      free.addLast(slot);
    } else {
      slot.close();
    }
  }

  /** Takes out the slots of a model, for the caller to close. */
  Collection<Slot> forget(Model model) {
    ArrayDeque<Slot> free = slots.remove(model);
    return free == null ? List.of() : free;
  }

  /** Takes out all slots, for the caller to close. */
  Collection<Slot> clear() {
    List<Slot> all = slots.values().stream().flatMap(Collection::stream).toList();
    slots.clear();
    return all;
  }
}
