package io.mpsparallel.threads;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.event.Events;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.LogContext;
import io.mpsparallel.work.Served;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
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
 * One stream, its slots, and the jobs in flight on it, in order. One thread at a time: whoever took
 * the lane. {@link #forgetLater}, {@link #hasChores} and {@link #failInHand} are for any thread.
 */
final class Lane {
  /** How many jobs can be in flight at the most. */
  static final int MOST_IN_FLIGHT = 64;

  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  private final Stream stream;
  private final Duration eventTimeout;
  private final Fleet fleet;
  private final IntSupplier depth;
  private final Served label;
  private final SlotShelf shelf;
  private final ArrayDeque<Flight> flights = new ArrayDeque<>();
  private final Queue<Model> forgotten = new ConcurrentLinkedQueue<>();
  private final AtomicReferenceArray<@Nullable Job> inHand =
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
   * @param fleet told what fails here
   */
  Lane(Stream stream, IntSupplier depth, Duration eventTimeout, Fleet fleet) {
    this.fleet = fleet;
    this.stream = stream;
    this.depth = depth;
    this.eventTimeout = eventTimeout;
    label = new Served(ThreadsProvider.ID, stream.device(), 1);
    shelf = new SlotShelf(stream, depth);
  }

  Device device() {
    return stream.device();
  }

  /**
   * Whether nothing can run here any more, because the device has failed and others are left: what
   * was not begun is another lane's to run. Any thread.
   */
  boolean isLost() {
    return fleet.isLost(device());
  }

  /**
   * Puts the calling thread into the stream; null if the device is lost.
   *
   * @throws InferenceException if the device lets nobody in
   */
  Stream.@Nullable Scope enter() {
    try {
      return isLost() ? null : stream.enter();
    } catch (InferenceException e) {
      if (fleet.note(device(), e)) {
        return null;
      }
      throw e;
    }
  }

  /** {@return whether nothing is in flight} */
  boolean isEmpty() {
    return flights.isEmpty();
  }

  /** {@return whether one more job may be put in flight} */
  boolean hasRoom() {
    return flights.size() < depth.getAsInt();
  }

  /** {@return how many forwards were run here with success; any thread} */
  long served() {
    return served.get();
  }

  /**
   * Hands a job to the device; if that fails, the job is told the failure.
   *
   * @return false if the device was lost before that, and the job is another lane's
   */
  boolean start(Job job) {
    if (isLost()) {
      return false;
    }
    int place = (int) (started++ % MOST_IN_FLIGHT);
    inHand.setRelease(place, job);
    List<Slot> slots = List.of();
    boolean begun = false;
    try {
      Model model = job.version().on(device());
      slots = filled(job, model);
      begun = true;
      Events.Execution recorded = Events.execution();
      Event done = stream.run(slots);
      flights.addLast(new Flight(job, model, slots, done, System.nanoTime(), recorded));
      return true;
    } catch (RuntimeException | Error e) {
      started--;
      inHand.setRelease(place, null);
      slots.forEach(this::discard);
      InferenceException failure = failure(job, e);
      if (!begun && isLost()) {
        return false; // its model's code has not run, so it is not what broke the device
      }
      job.fail(failure);
      return true;
    }
  }

  private List<Slot> filled(Job job, Model model) {
    int forwards = job.forwards();
    if (forwards == 1) {
      return List.of(filled(job, 0, model));
    }
    shelf.expect(forwards);
    List<Slot> slots = new ArrayList<>(forwards);
    try {
      for (int i = 0; i < forwards; i++) {
        slots.add(filled(job, i, model));
      }
      return slots;
    } catch (RuntimeException | Error e) {
      slots.forEach(this::discard);
      throw e;
    }
  }

  private Slot filled(Job job, int forward, Model model) {
    Slot slot = shelf.take(model);
    try {
      job.fill(forward, slot);
      return slot;
    } catch (RuntimeException | Error e) {
      discard(slot);
      throw e;
    }
  }

  /**
   * Answers every job that the device is done with.
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

  /** Whether the oldest job can be answered, with outputs or a failure. */
  boolean isFirstOver() {
    Flight first = flights.peekFirst();
    return first != null && isOver(first);
  }

  /**
   * Whether a single job is in flight, is over, and is a request on whose answer no code hangs:
   * then {@link #completeFinished} takes no time, and nothing is in flight after it.
   */
  boolean isLastAnswerQuick() {
    return flights.size() == 1
        && flights.element().job() instanceof WorkItem item
        && item.getNumberOfDependents() == 0
        && isFirstOver();
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
    Outcome[] outcomes = outcomesOf(flight);
    int told = 0;
    try {
      while (told < outcomes.length) {
        outcomes[told++].tell(flight.job(), told - 1, label);
      }
    } finally {
      while (told < outcomes.length) {
        outcomes[told++].close();
      }
    }
    inHand.setRelease(place, null); // last: if an answer kills this thread, the job is known
  }

  private Outcome[] outcomesOf(Flight flight) {
    Outcome[] outcomes = new Outcome[flight.slots().size()];
    try (Event done = flight.done()) {
      if (!done.isDone()) {
        throw late();
      }
      for (int i = 0; i < outcomes.length; i++) {
        outcomes[i] = outcomeOf(flight, flight.slots().get(i));
      }
    } catch (RuntimeException | Error e) {
      flight.slots().forEach(this::discard);
      Arrays.fill(outcomes, new Outcome(null, failure(flight.job(), e)));
    }
    ended(flight.recorded(), flight.job(), outcomes[0].failure() != null);
    return outcomes;
  }

  private void ended(Events.@Nullable Execution recorded, Job job, boolean failed) {
    if (recorded != null) {
      recorded.end(stream, job.version(), job.requestCount(), failed);
    }
  }

  private Outcome outcomeOf(Flight flight, Slot slot) {
    try {
      NamedTensors outputs = slot.takeOutputs();
      served.lazySet(served.get() + 1);
      return new Outcome(outputs, null);
    } catch (RuntimeException | Error e) {
      return new Outcome(null, failure(flight.job(), e));
    } finally {
      shelf.put(flight.model(), slot); // takeOutputs empties it, whether it returns or throws
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
    try {
      Model model = item.version().on(device());
      return run(item, model, filled(item, 0, model));
    } catch (InferenceException e) {
      fleet.note(device(), e);
      throw e;
    }
  }

  private NamedTensors run(WorkItem item, Model model, Slot slot) {
    Events.Execution recorded = Events.execution();
    boolean empty = false;
    boolean failed = true;
    try (Event done = stream.run(List.of(slot))) {
      done.await(eventTimeout);
      empty = true; // takeOutputs empties it, whether it returns or throws
      NamedTensors outputs = slot.takeOutputs(); // asks the event, so before it is closed
      served.lazySet(served.get() + 1);
      failed = false;
      return outputs;
    } finally {
      ended(recorded, item, failed);
      if (empty) {
        shelf.put(model, slot);
      } else {
        discard(slot);
      }
    }
  }

  /**
   * Runs a request as often at once as the lane keeps requests in flight, and drops the answers.
   *
   * @throws InferenceException if a forward failed
   */
  void runTogether(WorkItem item) {
    Model model = item.version().on(device());
    List<Slot> slots = new ArrayList<>();
    try {
      for (int i = 0; i < depth.getAsInt(); i++) {
        slots.add(shelf.take(model));
        slots.get(i).bind(item.inputs());
      }
      try (Event done = stream.run(slots)) {
        done.await(eventTimeout);
        while (!slots.isEmpty()) {
          Slot slot = slots.remove(slots.size() - 1);
          dropOutputs(model, slot);
        }
      }
    } finally {
      slots.forEach(this::discard);
    }
  }

  private void dropOutputs(Model model, Slot slot) {
    try {
      slot.takeOutputs().close();
    } finally {
      shelf.put(model, slot); // takeOutputs empties it, whether it returns or throws
    }
  }

  /** As {@link #run}, for a caller; null if the device was lost before that. */
  @Nullable InferenceResult result(WorkItem item) {
    boolean begun = false;
    try {
      Model model = item.version().on(device());
      Slot slot = filled(item, 0, model);
      begun = true;
      return new InferenceResult(run(item, model, slot), label);
    } catch (RuntimeException e) {
      InferenceException failure = failure(item, e);
      if (!begun && isLost()) {
        return null;
      }
      throw failure;
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

  @SuppressWarnings("try") // the context is left, not read
  private InferenceException failure(Job job, Throwable e) {
    if (e instanceof InferenceException known) {
      fleet.note(device(), known); // before anybody is told
      return known;
    }
    try (LogContext about = LogContext.of(job)) {
      LOG.warn("{}: unexpected failure", stream, e);
    }
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
      Job job = inHand.get(i);
      if (job != null) {
        job.lose(why);
      }
    }
  }

  /** Fails what is in flight and takes the lane back to its beginning, for another thread. */
  void abandon(InferenceException why) {
    failInHand(why);
    flights.forEach(flight -> flight.slots().forEach(this::discard));
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
