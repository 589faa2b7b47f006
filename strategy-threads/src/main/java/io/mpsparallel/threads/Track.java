package io.mpsparallel.threads;

import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.event.Events;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.Job;
import java.util.ArrayDeque;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** One of a lane's streams, its free slots, and what is in flight there, in order. */
final class Track {
  private final Stream stream;
  private final SlotShelf shelf;
  private final ArrayDeque<Flight> flights = new ArrayDeque<>();

  Track(Stream stream, IntSupplier depth) {
    this.stream = stream;
    shelf = new SlotShelf(stream, depth);
  }

  Stream stream() {
    return stream;
  }

  /** The free slots. */
  SlotShelf shelf() {
    return shelf;
  }

  /** What is in flight, the oldest first. */
  ArrayDeque<Flight> flights() {
    return flights;
  }

  /** The outputs of a slot, which is free after that whether it has any or not. */
  NamedTensors outputs(Model model, Slot slot) {
    try {
      return slot.takeOutputs();
    } finally {
      shelf.put(model, slot);
    }
  }

  /** Tells Flight Recorder that a job has ended here, if it listens. */
  void ended(Events.@Nullable Execution recorded, Job job, boolean failed) {
    if (recorded != null) {
      recorded.end(stream, job.version(), job.requestCount(), failed);
    }
  }

  @Override
  public String toString() {
    return stream.toString();
  }
}
