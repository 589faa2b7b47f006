package io.mpsparallel.testing;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.InferenceException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One device of a {@link FakeBackend}. An asynchronous one has a thread that does the jobs of all
 * its streams in the order in which they were encoded; a synchronous one does them at once on the
 * thread that encodes.
 */
final class FakeDevice {
  final FakeBackend backend;
  final Device id;
  final Capabilities capabilities;
  final FakeStreamPool pool;
  final FakeStream defaultStream;

  private final @Nullable Semaphore gate;
  private final BlockingQueue<Runnable> jobs = new LinkedBlockingQueue<>();
  private final Set<Mark> pending = ConcurrentHashMap.newKeySet();
  private final AtomicLong tickets = new AtomicLong();
  private final @Nullable Thread worker;

  FakeDevice(FakeBackend backend, Device id, Capabilities capabilities) {
    this.backend = backend;
    this.id = id;
    this.capabilities = capabilities;
    boolean gated =
        capabilities.concurrentForwards() != Capabilities.UNLIMITED
            && !backend.does(FakeMisbehaviour.NO_GATE);
    gate = gated ? new Semaphore(capabilities.concurrentForwards(), true) : null;
    pool = new FakeStreamPool(this, backend.settings().streams());
    defaultStream = new FakeStream(this, 0, false);
    worker = capabilities.asynchronous() ? new Thread(this::work, "fake-device-" + id) : null;
    if (worker != null) {
      worker.setDaemon(true);
      worker.start();
    }
  }

  private void work() {
    try {
      while (true) {
        jobs.take().run();
      }
    } catch (InterruptedException e) {
      pending.forEach(this::abandon);
    }
  }

  private void abandon(Mark mark) {
    pending.remove(mark);
    mark.reach(Fakes.closed("the backend"));
  }

  /** Encodes slots inside the gate; returns the mark that the device reaches after them. */
  Mark encode(int stream, List<FakeSlot> slots) {
    Mark mark = new Mark(stream, tickets.incrementAndGet());
    insideGate(stream, () -> hand(mark, slots));
    return mark;
  }

  /** Makes later work wait for a mark, which may be another device's. */
  void encodeWait(int stream, Mark awaited) {
    Mark mark = new Mark(stream, tickets.incrementAndGet());
    insideGate(
        stream,
        () -> {
          commit(mark);
          submit(() -> reached(mark, failureOf(awaited)));
        });
  }

  private @Nullable InferenceException failureOf(Mark mark) {
    boolean reachedInTime = false;
    try {
      reachedInTime = mark.await(backend.settings().eventTimeout());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return reachedInTime ? null : Fakes.timeout("waitFor", backend.settings().eventTimeout());
  }

  private void insideGate(int stream, Runnable body) {
    if (gate != null) {
      gate.acquireUninterruptibly();
    }
    EncodeObserver observer = backend.observer();
    backend.counts().begin(FakeCounts.Kind.ENCODES);
    try {
      observer.encodeBegins(id, stream);
      backend.onEncode().run();
      body.run();
    } finally {
      backend.counts().end(FakeCounts.Kind.ENCODES);
      observer.encodeEnds(id, stream);
      if (gate != null) {
        gate.release();
      }
    }
  }

  private void hand(Mark mark, List<FakeSlot> slots) {
    if (!slots.isEmpty()) {
      backend.counts().begin(FakeCounts.Kind.RUNS);
    }
    slots.forEach(slot -> slot.inFlight(mark));
    commit(mark);
    submit(() -> compute(mark, slots));
    if (backend.does(FakeMisbehaviour.WAIT_IN_GATE)) {
      awaitMark(mark);
    }
  }

  /** Before it is submitted: whoever drains must find only what was committed. */
  private void commit(Mark mark) {
    if (!backend.does(FakeMisbehaviour.NO_COMMIT)) {
      backend.observer().committed(id, mark.stream, mark.ticket);
    }
    pending.add(mark);
  }

  private void submit(Runnable job) {
    if (worker == null || !worker.isAlive()) {
      job.run();
    } else {
      jobs.add(job);
    }
  }

  private void compute(Mark mark, List<FakeSlot> slots) {
    if (slots.isEmpty()) {
      reached(mark, null);
      return;
    }
    InferenceException failure = capabilities.asynchronous() ? faultOfJob() : null;
    for (FakeSlot slot : slots) {
      slot.compute(failure);
    }
    backend.counts().end(FakeCounts.Kind.RUNS);
    InferenceException broken = capabilities.asynchronous() ? backend.faults().ofDevice(id) : null;
    reached(mark, broken == null ? failure : broken);
  }

  private @Nullable InferenceException faultOfJob() {
    InferenceException forGood = backend.faults().onDevice(id);
    return forGood == null ? backend.faults().ofJob() : forGood;
  }

  /** What a run is refused with; a synchronous device does it at once. */
  @Nullable InferenceException faultOfRun() {
    InferenceException unusable = backend.faults().ofDevice(id);
    if (unusable == null && !capabilities.asynchronous()) {
      unusable = backend.faults().onDevice(id);
    }
    return unusable == null ? backend.faults().ofRun() : unusable;
  }

  private void reached(Mark mark, @Nullable InferenceException failure) {
    pending.remove(mark);
    mark.reach(failure);
  }

  /** Waits for a mark, and lets the observer hear of it. */
  void awaitMark(Mark mark) {
    backend.observer().waits(id, mark.stream, mark.ticket);
    try {
      if (!mark.await(backend.settings().eventTimeout())) {
        throw Fakes.timeout("stream " + mark.stream, backend.settings().eventTimeout());
      }
    } catch (InterruptedException e) {
      throw Fakes.interrupted("stream " + mark.stream, e);
    }
    if (mark.failure() != null) {
      throw mark.failure();
    }
  }

  /** Waits for what is under way; the first failure is thrown at the end. */
  void drain(Predicate<Mark> which) {
    InferenceException first = null;
    for (Mark mark : List.copyOf(pending)) {
      if (which.test(mark)) {
        try {
          awaitMark(mark);
        } catch (InferenceException e) {
          first = first == null ? e : first;
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  boolean isIdle() {
    return pending.isEmpty();
  }

  void close() {
    pool.close();
    if (worker == null) {
      return;
    }
    Mark end = new Mark(0, tickets.incrementAndGet());
    jobs.add(() -> end.reach(null));
    try {
      boolean quiet = end.await(backend.settings().closeTimeout());
      worker.interrupt();
      if (quiet) {
        worker.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      worker.interrupt();
    }
  }
}
