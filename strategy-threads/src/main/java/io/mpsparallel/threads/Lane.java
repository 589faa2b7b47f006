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
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One or more streams of a device, and the jobs in flight on them. One thread at a time: whoever
 * took the lane. {@link #forgetLater}, {@link #hasChores} and {@link #failInHand} are for any
 * thread.
 *
 * <p>Several streams let a thread keep several forwards under way at the same time, where the
 * device can run them so; a caller that runs its own request on the lane uses the first.
 */
final class Lane {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  private final List<Track> tracks;
  private final Duration eventTimeout;
  private final Fleet fleet;
  private final IntSupplier depth;
  private final Served label;
  private final Queue<Model> forgotten = new ConcurrentLinkedQueue<>();
  private final InHand inHand = new InHand();
  private final AtomicLong served = new AtomicLong(); // written by whoever is on the lane
  private int inFlight;

  /**
   * A lane on streams, which it owns.
   *
   * @param streams idle streams of one device, at least one
   * @param depth how many requests are kept in flight
   * @param eventTimeout the longest that one may take
   * @param fleet told what fails here
   */
  Lane(List<Stream> streams, IntSupplier depth, Duration eventTimeout, Fleet fleet) {
    this.fleet = fleet;
    this.depth = depth;
    this.eventTimeout = eventTimeout;
    tracks = streams.stream().map(stream -> new Track(stream, depth)).toList();
    label = new Served(ThreadsProvider.ID, device(), 1);
  }

  Device device() {
    return first().stream().device();
  }

  private Track first() {
    return tracks.get(0);
  }

  /** {@return how many streams it has} */
  int streams() {
    return tracks.size();
  }

  /**
   * Whether nothing can run here any more, because the device has failed and others are left: what
   * was not begun is another lane's to run. Any thread.
   */
  boolean isLost() {
    return fleet.isLost(device());
  }

  /**
   * Puts the calling thread into all streams; null if the device is lost.
   *
   * @throws InferenceException if the device lets nobody in
   */
  Stream.@Nullable Scope enterAll() {
    ArrayDeque<Stream.Scope> inside = new ArrayDeque<>();
    for (Track track : tracks) {
      Stream.Scope next = null;
      try {
        next = enter(track.stream());
      } finally {
        if (next == null) {
          inside.forEach(Stream.Scope::close);
        }
      }
      if (next == null) {
        return null;
      }
      inside.addFirst(next); // the last one is left first
    }
    return () -> inside.forEach(Stream.Scope::close);
  }

  /**
   * Puts the calling thread into the first stream; null if the device is lost.
   *
   * @throws InferenceException if the device lets nobody in
   */
  Stream.@Nullable Scope enter() {
    return enter(first().stream());
  }

  private Stream.@Nullable Scope enter(Stream stream) {
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
    return inFlight == 0;
  }

  /** {@return whether one more job may be put in flight} */
  boolean hasRoom() {
    return inFlight < depth.getAsInt();
  }

  /** {@return whether one more job would have to wait for another one here} */
  boolean isEveryStreamBusy() {
    return inFlight >= tracks.size();
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
    Track track = leastBusy();
    int place = inHand.put(job);
    List<Slot> slots = List.of();
    boolean begun = false;
    try {
      Model model = job.version().on(device());
      slots = filled(job, model, track);
      begun = true;
      Events.Execution recorded = Events.execution();
      Event done = track.stream().run(slots);
      track
          .flights()
          .addLast(new Flight(job, place, model, slots, done, System.nanoTime(), recorded));
      inFlight++;
      return true;
    } catch (RuntimeException | Error e) {
      inHand.remove(place);
      slots.forEach(this::discard);
      InferenceException failure = failure(job, e);
      if (!begun && isLost()) {
        return false; // its model's code has not run, so it is not what broke the device
      }
      job.fail(failure);
      return true;
    }
  }

  private Track leastBusy() {
    Track least = first();
    for (Track track : tracks) {
      if (track.flights().size() < least.flights().size()) {
        least = track;
      }
    }
    return least;
  }

  private List<Slot> filled(Job job, Model model, Track track) {
    int forwards = job.forwards();
    if (forwards == 1) {
      return List.of(filled(job, 0, model, track));
    }
    track.shelf().expect(forwards);
    List<Slot> slots = new ArrayList<>(forwards);
    try {
      for (int i = 0; i < forwards; i++) {
        slots.add(filled(job, i, model, track));
      }
      return slots;
    } catch (RuntimeException | Error e) {
      slots.forEach(this::discard);
      throw e;
    }
  }

  private Slot filled(Job job, int forward, Model model, Track track) {
    Slot slot = track.shelf().take(model);
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
    for (Track track : tracks) {
      for (Flight first = over(track); first != null; first = over(track)) {
        track.flights().removeFirst();
        inFlight--;
        answer(first, track);
        any = true;
      }
    }
    return any;
  }

  /** The oldest job of a stream, if it is over. */
  private @Nullable Flight over(Track track) {
    Flight first = track.flights().peekFirst();
    return first != null && isOver(first, track) ? first : null;
  }

  /** Whether some job can be answered, with outputs or a failure. */
  boolean isAnyOver() {
    for (Track track : tracks) {
      if (over(track) != null) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a single job is in flight, is over, and is a request on whose answer no code hangs:
   * then {@link #completeFinished} takes no time, and nothing is in flight after it.
   */
  boolean isLastAnswerQuick() {
    return inFlight == 1 && isAnyOver() && hasNoDependents();
  }

  private boolean hasNoDependents() {
    for (Track track : tracks) {
      Flight first = track.flights().peekFirst();
      if (first != null
          && !(first.job() instanceof WorkItem item && item.getNumberOfDependents() == 0)) {
        return false;
      }
    }
    return true;
  }

  private boolean isOver(Flight flight, Track track) {
    try {
      return flight.done().isDone() || flight.isLate(eventTimeout);
    } catch (InferenceException e) {
      LOG.debug("{}: {}", track, e.getMessage()); // which its caller is told when it is answered
      return true;
    }
  }

  /** The caller's continuations run in here; they may use this lane for requests of their own. */
  private void answer(Flight flight, Track track) {
    Outcome[] outcomes = outcomesOf(flight, track);
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
    inHand.remove(flight.place()); // last: if an answer kills this thread, the job is known
  }

  private Outcome[] outcomesOf(Flight flight, Track track) {
    Outcome[] outcomes = new Outcome[flight.slots().size()];
    try (Event done = flight.done()) {
      if (!done.isDone()) {
        throw Flight.late(device(), eventTimeout);
      }
      for (int i = 0; i < outcomes.length; i++) {
        outcomes[i] = outcomeOf(flight, flight.slots().get(i), track);
      }
    } catch (RuntimeException | Error e) {
      flight.slots().forEach(this::discard);
      Arrays.fill(outcomes, new Outcome(null, failure(flight.job(), e)));
    }
    track.ended(flight.recorded(), flight.job(), outcomes[0].failure() != null);
    return outcomes;
  }

  private Outcome outcomeOf(Flight flight, Slot slot, Track track) {
    try {
      NamedTensors outputs = track.outputs(flight.model(), slot);
      served.lazySet(served.get() + 1);
      return new Outcome(outputs, null);
    } catch (RuntimeException | Error e) {
      return new Outcome(null, failure(flight.job(), e));
    }
  }

  /**
   * Runs inputs that are nobody's request; on the calling thread, which is inside all streams.
   *
   * @param stream on which of the lane's streams, from 0
   * @throws InferenceException if the forward failed
   */
  NamedTensors run(WorkItem item, int stream) {
    try {
      Track track = tracks.get(stream);
      Model model = item.version().on(device());
      return run(item, model, filled(item, 0, model, track), track);
    } catch (InferenceException e) {
      fleet.note(device(), e);
      throw e;
    }
  }

  private NamedTensors run(WorkItem item, Model model, Slot slot, Track track) {
    Events.Execution recorded = Events.execution();
    boolean empty = false;
    boolean failed = true;
    try (Event done = track.stream().run(List.of(slot))) {
      done.await(eventTimeout);
      empty = true; // takeOutputs empties it, whether it returns or throws
      NamedTensors outputs = slot.takeOutputs(); // asks the event, so before it is closed
      failed = false;
      return outputs;
    } finally {
      track.ended(recorded, item, failed);
      if (empty) {
        track.shelf().put(model, slot);
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
    int each = (depth.getAsInt() + tracks.size() - 1) / tracks.size();
    for (Track track : tracks) {
      runTogether(item, item.version().on(device()), track, each);
    }
  }

  private void runTogether(WorkItem item, Model model, Track track, int times) {
    List<Slot> slots = new ArrayList<>();
    try {
      for (int i = 0; i < times; i++) {
        slots.add(filled(item, 0, model, track));
      }
      try (Event done = track.stream().run(slots)) {
        done.await(eventTimeout);
        while (!slots.isEmpty()) {
          Slot slot = slots.remove(slots.size() - 1);
          track.outputs(model, slot).close();
        }
      }
    } finally {
      slots.forEach(this::discard);
    }
  }

  /** Whether {@link #run} would launch a recording of the request. */
  boolean hasRecorded(WorkItem item, int stream) {
    return !isLost()
        && item.version().on(device()).isRecorded(tracks.get(stream).stream(), item.inputs());
  }

  /** As {@link #run}, for a caller; null if the device was lost before that. */
  @Nullable InferenceResult result(WorkItem item) {
    boolean begun = false;
    try {
      Model model = item.version().on(device());
      Slot slot = filled(item, 0, model, first());
      begun = true;
      NamedTensors outputs = run(item, model, slot, first());
      served.lazySet(served.get() + 1);
      return new InferenceResult(outputs, label);
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
        LOG.warn("{}: a slot could not be closed", this, e);
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
      LOG.warn("{}: unexpected failure", this, e);
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
      for (Track track : tracks) {
        track.shelf().forget(model).forEach(this::discard);
      }
    }
  }

  /** Fails what is in flight, for a thread that died or a lane that does not end. */
  void failInHand(InferenceException why) {
    inHand.fail(why);
  }

  /** Fails what is in flight and takes the lane back to its beginning, for another thread. */
  void abandon(InferenceException why) {
    failInHand(why);
    tracks.forEach(this::abandon);
    inFlight = 0;
    inHand.clear();
  }

  private void abandon(Track track) {
    track.flights().forEach(flight -> flight.slots().forEach(this::discard));
    track.flights().forEach(flight -> flight.done().close());
    track.flights().clear();
  }

  /** Closes slots and streams. */
  void close() {
    for (Track track : tracks) {
      try {
        track.shelf().clear().forEach(this::discard);
      } finally {
        track.stream().close();
      }
    }
  }

  @Override
  public String toString() {
    return first().toString();
  }
}
