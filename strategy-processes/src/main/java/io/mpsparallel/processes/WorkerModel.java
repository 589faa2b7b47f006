package io.mpsparallel.processes;

import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import java.util.ArrayDeque;
import java.util.Deque;

/** A model in a worker, and its slots that are empty. The worker's main thread. */
final class WorkerModel implements AutoCloseable {
  private final Model model;
  private final Deque<Slot> empty = new ArrayDeque<>();

  WorkerModel(Model model) {
    this.model = model;
  }

  /** An empty slot, which the caller gives back or closes. */
  Slot takeSlot(Stream stream) {
    Slot slot = empty.poll();
    return slot == null ? model.newSlot(stream) : slot;
  }

  void giveBack(Slot slot) {
    empty.push(slot);
  }

  @Override
  public void close() {
    empty.forEach(Slot::close);
    empty.clear();
    model.close();
  }
}
