package io.mpsparallel.strategy;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.policy.ThreadBudget;
import io.mpsparallel.settings.ThreadSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.LaneThread;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Served;
import io.mpsparallel.work.WorkItem;
import io.mpsparallel.work.WorkQueue;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request at a time: on a lane of its own, or on the caller's thread when nothing else runs and
 * the device allows it.
 *
 * <p>Two streams, so that the lane can stay inside its own for life: the lane's, and one that
 * callers enter for one call. {@link #turn} lets only one of them run; it also guards the slots, of
 * which there is one for each model on each stream.
 */
final class SingleLane implements ParallelismStrategy {
  private static final Logger LOG = LoggerFactory.getLogger(SingleLane.class);
  private static final Duration IDLE = Duration.ofMinutes(1);
  private static final long LEAST_JOIN_MILLIS = 2_000;

  private final Backend backend;
  private final Device device;
  private final boolean callerThreads;
  private final Duration eventTimeout;
  private final Duration closeTimeout;
  private final Served served;
  private final LongAdder forwards = new LongAdder();
  private final ThreadSettings threads;
  private final WorkQueue queue;
  private final ReentrantLock turn = new ReentrantLock();
  private final Thread lane;
  private final CountDownLatch laneEnded = new CountDownLatch(1);
  private final IdentityHashMap<Model, Slot> laneSlots = new IdentityHashMap<>();
  private final IdentityHashMap<Model, Slot> callerSlots = new IdentityHashMap<>();

  private @Nullable Stream laneStream;
  private @Nullable Stream callerStream;
  private volatile boolean accepting;
  private boolean closed;

  SingleLane(StrategyContext context) {
    backend = context.backend();
    device = only(context.devices());
    callerThreads = backend.capabilities(device).callerThreads();
    eventTimeout = context.settings().backendSettings().eventTimeout();
    closeTimeout = context.settings().backendSettings().closeTimeout();
    threads = threads(context);
    served = new Served(SingleLaneProvider.ID, device, 1);
    queue = new WorkQueue(context.settings().queue().capacity(), context.ticker());
    lane = new LaneThread("mps-parallel-lane-" + device, this::runLane);
  }

  private static Device only(List<Device> devices) {
    if (devices.size() > 1) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          "device: '"
              + Device.shown(devices)
              + "' (expected: one device for single; threads, for one, runs on several)");
    }
    return devices.get(0);
  }

  /** All CPUs for the one forward that runs. */
  private ThreadSettings threads(StrategyContext context) {
    ThreadSettings asked = context.settings().backendSettings().threads();
    int cpus = ThreadBudget.grantedCpus();
    return new ThreadBudget(cpus, 1, 1, backend.capabilities(device), asked).threads();
  }

  @Override
  public String id() {
    return SingleLaneProvider.ID;
  }

  @Override
  public void start() {
    backend.useThreads(threads);
    laneStream = backend.acquireStream(device);
    if (callerThreads) {
      callerStream = backend.acquireStream(device);
    }
    accepting = true;
    lane.start();
  }

  @Override
  public void accept(WorkItem item, Duration patience) {
    checkAccepting();
    queue.offer(item, patience);
  }

  @Override
  @SuppressWarnings("try") // the scope is left, not read
  public @Nullable InferenceResult tryRunHere(WorkItem item) {
    Stream stream = callerStream;
    if (stream == null
        || queue.size() > 0
        || turn.hasQueuedThreads() // the lane, with an item that it took
        || turn.isHeldByCurrentThread()
        || !turn.tryLock()) {
      return null;
    }
    try {
      checkAccepting();
      try (Stream.Scope inside = stream.enter()) {
        return new InferenceResult(forward(stream, callerSlots, item), served);
      }
    } finally {
      turn.unlock();
    }
  }

  @SuppressWarnings("try") // the scope is left, not read
  private void runLane() {
    Stream stream = java.util.Objects.requireNonNull(laneStream);
    try (Stream.Scope inside = stream.enter()) {
      while (accepting || queue.size() > 0) {
        serveNext(stream);
      }
    } finally {
      laneEnded.countDown();
    }
  }

  /** Nothing that callers' code does here, in release actions or continuations, ends the lane. */
  private void serveNext(Stream stream) {
    try {
      WorkItem item = queue.take(IDLE);
      if (item != null) {
        serve(stream, item);
      }
    } catch (InterruptedException e) {
      LOG.debug("{} was interrupted", lane.getName()); // close clears the queue as well
    } catch (RuntimeException | Error e) {
      LOG.warn("{}: unexpected failure", lane.getName(), e);
    }
  }

  /** Runs an item and finishes it with no lock held: callers' continuations run in that. */
  private void serve(Stream stream, WorkItem item) {
    NamedTensors outputs;
    try {
      outputs = forwardInTurn(stream, item);
    } catch (InferenceException e) {
      item.fail(e);
      return;
    } catch (RuntimeException | Error e) {
      LOG.warn("{}: unexpected failure", lane.getName(), e);
      item.fail(new InferenceException(ErrorCode.NATIVE_FAILURE, "unexpected: " + e, e));
      return;
    }
    item.succeed(outputs, served);
  }

  private NamedTensors forwardInTurn(Stream stream, WorkItem item) {
    turn.lock();
    try {
      return forward(stream, laneSlots, item);
    } finally {
      turn.unlock();
    }
  }

  /** One forward from inputs to outputs, inside a stream and with the turn held. */
  private NamedTensors forward(Stream stream, IdentityHashMap<Model, Slot> slots, WorkItem item) {
    Model model = item.version().on(device);
    Slot slot = slots.get(model);
    if (slot == null) {
      slot = model.newSlot(stream);
      slots.put(model, slot);
    }
    boolean empty = false;
    try {
      slot.bind(item.inputs());
      try (Event done = stream.run(List.of(slot))) {
        done.await(eventTimeout);
        empty = true; // takeOutputs empties it, whether it returns or throws
        NamedTensors outputs = slot.takeOutputs(); // asks the event, so before it is closed
        forwards.increment();
        return outputs;
      }
    } finally {
      if (!empty) {
        slots.remove(model);
        slot.close(); // waits for the device, which may still read the inputs
      }
    }
  }

  @Override
  public void apply(Plan plan) {
    LOG.debug("one lane has nothing to change: {}", plan);
  }

  @Override
  public StrategyStats stats() {
    return new StrategyStats(1, turn.isLocked() ? 1 : 0, queue.size(), forwards.sum(), 0);
  }

  @Override
  public void forget(ModelVersion version) {
    Model model = version.on(device);
    turn.lock();
    try {
      closeSlot(laneSlots.remove(model));
      closeSlot(callerSlots.remove(model));
    } finally {
      turn.unlock();
    }
  }

  private static void closeSlot(@Nullable Slot slot) {
    if (slot != null) {
      slot.close();
    }
  }

  @Override
  public boolean drain(Duration timeout) {
    queue.close(null); // first: a lane that sees accepting false must see all that was accepted
    accepting = false;
    if (Thread.currentThread() == lane) {
      return queue.size() == 0; // a continuation: waiting would be for itself
    }
    try {
      long nanos = TimeUnit.NANOSECONDS.convert(timeout);
      return !lane.isAlive() || laneEnded.await(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    accepting = false;
    queue.close(closedError());
    if (!drain(closeTimeout)) {
      LOG.warn("{} still runs after {}", lane.getName(), closeTimeout);
      lane.interrupt();
    }
    turn.lock();
    try {
      laneSlots.values().forEach(Slot::close);
      callerSlots.values().forEach(Slot::close);
      laneSlots.clear();
      callerSlots.clear();
      closeStream(laneStream);
      closeStream(callerStream);
      callerStream = null;
    } finally {
      turn.unlock();
    }
    joinLane();
  }

  /**
   * The lane has nothing left to do but to tell the last answer and to end, which takes as long as
   * until it gets a CPU; unless a continuation on it closes us, or blocks.
   */
  private void joinLane() {
    if (Thread.currentThread() == lane) {
      return;
    }
    try {
      lane.join(Math.max(LEAST_JOIN_MILLIS, closeTimeout.toMillis()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void closeStream(@Nullable Stream stream) {
    if (stream != null) {
      stream.close();
    }
  }

  private void checkAccepting() {
    if (!accepting) {
      throw closedError();
    }
  }

  private static InferenceException closedError() {
    return new InferenceException(ErrorCode.CLOSED, "the executor was closed");
  }
}
