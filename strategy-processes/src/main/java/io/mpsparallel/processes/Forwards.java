package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A worker's stream, and the forwards on it that are not answered yet, in the order of their
 * frames. Inputs lie in the slab, where the parent leaves them until the answer. The worker's main
 * thread.
 */
final class Forwards implements AutoCloseable {
  private record Forward(
      WorkerLink.Frame frame, WorkerModel model, Slot slot, NamedTensors inputs, Event event) {}

  private final Stream stream;
  private final Duration eventTimeout;
  private final Deque<Forward> inFlight = new ArrayDeque<>();
  private Stream.Scope scope;

  /** Takes over a stream, and enters it. */
  Forwards(Stream stream, Duration eventTimeout) {
    this.stream = stream;
    this.eventTimeout = eventTimeout;
    scope = stream.enter();
  }

  Device device() {
    return stream.device();
  }

  /** Threads of a forward change only from outside of the stream. */
  void reenter() {
    scope.close();
    scope = stream.enter();
  }

  boolean isEmpty() {
    return inFlight.isEmpty();
  }

  /**
   * Encodes a forward; it is answered later.
   *
   * @throws InferenceException what it failed with before that; then it is not in flight
   */
  void run(WorkerLink.Frame frame, WorkerModel model) {
    NamedTensors inputs = frame.body().getTensors(() -> {});
    try {
      Slot slot = model.takeSlot(stream);
      try {
        slot.bind(inputs);
        inFlight.add(new Forward(frame, model, slot, inputs, stream.run(List.of(slot))));
      } catch (RuntimeException e) {
        slot.close();
        throw e;
      }
    } catch (RuntimeException e) {
      inputs.close();
      throw e;
    }
  }

  /** Whether the oldest forward can be answered without waiting. */
  boolean isOldestDone() {
    try {
      return inFlight.element().event().isDone();
    } catch (InferenceException e) {
      return true; // answering it fails with the same
    }
  }

  /**
   * Waits for the oldest forward and answers it.
   *
   * @return what it failed with, if it did
   */
  @Nullable InferenceException answerOldest() {
    Forward oldest = inFlight.remove();
    boolean reusable = false;
    NamedTensors inputs = oldest.inputs();
    Event event = oldest.event();
    try (inputs;
        event) {
      event.await(eventTimeout);
      try (NamedTensors outputs = oldest.slot().takeOutputs()) {
        oldest.frame().answer(outputs);
      }
      reusable = true;
      return null;
    } catch (InferenceException e) {
      oldest.frame().fail(e);
      return e;
    } finally {
      giveBack(oldest, reusable);
    }
  }

  private static void giveBack(Forward forward, boolean reusable) {
    if (reusable) {
      forward.model().giveBack(forward.slot());
    } else {
      forward.slot().close();
    }
  }

  @Override
  public void close() {
    scope.close();
    stream.close();
  }
}
