package io.mpsparallel.threads;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Served;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream, its slots, and the requests in flight on it, in order. One thread at a time: whoever
 * took the lane. {@link #forgetLater}, {@link #hasChores} and {@link #failInHand} are for any
 * thread.
 */
final class Lane {
  /** How many requests can be in flight at the most. */
  static final int MOST_IN_FLIGHT = 64;

  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  private final Stream stream;
  private final Duration eventTimeout;
  private final IntSupplier depth;
  private final Served label;
  private final SlotShelf shelf;
  private final ArrayDeque<Flight> flights = new ArrayDeque<>();
  private final Queue<Model> forgotten = new ConcurrentLinkedQueue<>();
  private final AtomicReferenceArray<@Nullable WorkItem> inHand =
      new AtomicReferenceArray<>(MOST_IN_FLIGHT);
  private final AtomicLong served = new AtomicLong(); // written by whoever is on the lane
  private long started;
  private long answered;

  /**
   * A lane on a stream, which it owns.
   *
   * @param stream an idle stream
   * @param depth how many requests are kept in flight
   * @param eventTimeout the longest that one may take
   */
  Lane(Stream stream, IntSupplier depth, Duration eventTimeout) {
    this.stream = stream;
    this.depth = depth;
    this.eventTimeout = eventTimeout;
    label = new Served(ThreadsProvider.ID, stream.device(), 1);
    shelf = new SlotShelf(stream, depth);
  }

  Device device() {
    return stream.device();
  }

  /** Puts the calling thread into the stream. */
  Stream.Scope enter() {
    return stream.enter();
  }

  /** {@return whether nothing is in flight} */
  boolean isEmpty() {
    return flights.isEmpty();
  }

  /** {@return whether one more request may be put in flight} */
  boolean hasRoom() {
    return flights.size() < depth.getAsInt();
  }

  /** {@return how many forwards were run here with success; any thread} */
  long served() {
    return served.get();
  }

  /** Hands a request to the device; if that fails, the request is answered with the failure. */
  void start(WorkItem item) {
    int place = (int) (started++ % MOST_IN_FLIGHT);
    inHand.setRelease(place, item);
    Slot slot = null;
    try {
      Model model = item.version().on(device());
      slot = shelf.take(model);
      slot.bind(item.inputs());
      Event done = stream.run(List.of(slot));
      flights.addLast(new Flight(item, model, slot, done, System.nanoTime()));
    } catch (RuntimeException | Error e) {
      started--;
      inHand.setRelease(place, null);
      discard(slot);
      item.fail(failure(e));
    }
  }

  /**
   * Answers every request that the device is done with.
   *
   * @return whether there was one
   */
  boolean completeFinished() {
    boolean any = false;
    for (Flight first = flights.peekFirst();
        first != null && isOver(first);
        first = flights.peekFirst()) {
      flights.removeFirst();
      answer(first);
      any = true;
    }
    return any;
  }

  /** Whether the oldest request can be answered, with outputs or a failure. */
  boolean isFirstOver() {
    Flight first = flights.peekFirst();
    return first != null && isOver(first);
  }

  private boolean isOver(Flight flight) {
    try {
      return flight.done().isDone() || isLate(flight);
    } catch (InferenceException e) {
      LOG.debug("{}: {}", stream, e.getMessage()); // which its caller is told when it is answered
      return true;
    }
  }

  private boolean isLate(Flight flight) {
    return System.nanoTime() - flight.startNanos() > eventTimeout.toNanos();
  }

  /** The caller's continuations run in here; they may use this lane for requests of their own. */
  private void answer(Flight flight) {
    int place = (int) (answered++ % MOST_IN_FLIGHT);
    NamedTensors outputs;
    try {
      outputs = outputsOf(flight);
    } catch (RuntimeException | Error e) {
      inHand.setRelease(place, null);
      flight.item().fail(failure(e));
      return;
    }
    served.lazySet(served.get() + 1);
    flight.item().succeed(outputs, label);
    inHand.setRelease(place, null); // last: if an answer kills this thread, the request is known
  }

  private NamedTensors outputsOf(Flight flight) {
    boolean empty = false;
    try (Event done = flight.done()) {
      if (!done.isDone()) {
        throw late();
      }
      empty = true; // takeOutputs empties it, whether it returns or throws
      return flight.slot().takeOutputs();
    } finally {
      if (empty) {
        shelf.put(flight.model(), flight.slot());
      } else {
        discard(flight.slot());
      }
    }
  }

  private InferenceException late() {
    return new InferenceException(
        ErrorCode.DEVICE_TIMEOUT,
        device()
            + " did not finish a request within "
            + eventTimeout.toMillis()
            + " ms (timeouts.event): it may hang; if the work is only large, allow more time");
  }

  /**
   * Runs one request from inputs to outputs; on the calling thread, which is inside the stream.
   *
   * @throws InferenceException if the forward failed
   */
  NamedTensors run(WorkItem item) {
    Model model = item.version().on(device());
    Slot slot = shelf.take(model);
    boolean empty = false;
    try {
      slot.bind(item.inputs());
      try (Event done = stream.run(List.of(slot))) {
        done.await(eventTimeout);
        empty = true; // takeOutputs empties it, whether it returns or throws
        NamedTensors outputs = slot.takeOutputs(); // asks the event, so before it is closed
        served.lazySet(served.get() + 1);
        return outputs;
      }
    } finally {
      if (empty) {
        shelf.put(model, slot);
      } else {
        discard(slot);
      }
    }
  }

  /** As {@link #run}, for a caller. */
  InferenceResult result(WorkItem item) {
    try {
      return new InferenceResult(run(item), label);
    } catch (RuntimeException e) {
      throw failure(e);
    }
  }

  /** Closes a slot that may be in flight: waits for the device, which may still read the inputs. */
  private void discard(@Nullable Slot slot) {
    if (slot != null) {
      try {
        slot.close();
      } catch (RuntimeException e) {
        LOG.warn("{}: a slot could not be closed", stream, e);
      }
    }
  }

  private InferenceException failure(Throwable e) {
    if (e instanceof InferenceException known) {
      return known;
    }
    LOG.warn("{}: unexpected failure", stream, e);
    return new InferenceException(ErrorCode.NATIVE_FAILURE, "unexpected: " + e, e);
  }

  /** Asks whoever is next on the lane to close the slots of a model that nobody uses any more. */
  void forgetLater(Model model) {
    forgotten.add(model);
  }

  /** Whether there is something to {@linkplain #doChores do} besides requests. */
  boolean hasChores() {
    return !forgotten.isEmpty();
  }

  /** Closes the slots of models that are gone. */
  void doChores() {
    for (Model model = forgotten.poll(); model != null; model = forgotten.poll()) {
      shelf.forget(model).forEach(this::discard);
    }
  }

  /** Fails what is in flight, for a thread that died or a lane that does not end. */
  void failInHand(InferenceException why) {
    for (int i = 0; i < MOST_IN_FLIGHT; i++) {
      WorkItem item = inHand.get(i);
      if (item != null) {
        item.fail(why);
      }
    }
  }

  /** Fails what is in flight and takes the lane back to its beginning, for another thread. */
  void abandon(InferenceException why) {
    failInHand(why);
    flights.forEach(flight -> discard(flight.slot()));
    flights.forEach(flight -> flight.done().close());
    flights.clear();
    answered = started;
    for (int i = 0; i < MOST_IN_FLIGHT; i++) {
      inHand.set(i, null);
    }
  }

  /** Closes slots and stream. */
  void close() {
    try {
      shelf.clear().forEach(this::discard);
    } finally {
      stream.close();
    }
  }

  @Override
  public String toString() {
    return stream.toString();
  }
}
