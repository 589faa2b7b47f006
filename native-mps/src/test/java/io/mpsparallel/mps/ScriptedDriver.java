package io.mpsparallel.mps;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Capabilities.GraphKey;
import io.mpsparallel.backend.Device;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.tensor.DType;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A GPU whose tensors lie in host memory: everything goes the way of a device (staging, copies,
 * events, the gate). It has one queue, on which work takes as long again as encoding it took its
 * thread; a test can hold the queue. It objects to whoever encodes outside the gate, waits inside
 * it, or asks about an event that was not recorded. Any thread.
 */
final class ScriptedDriver implements Driver {
  final List<String> violations = java.util.Collections.synchronizedList(new ArrayList<>());
  final AtomicInteger records = new AtomicInteger();
  final AtomicInteger cacheReleases = new AtomicInteger();
  final AtomicInteger publications = new AtomicInteger();
  final AtomicInteger openEvents = new AtomicInteger();
  final AtomicInteger openBlocks = new AtomicInteger();
  final AtomicInteger recordings = new AtomicInteger();
  final AtomicInteger openRecordings = new AtomicInteger();
  final AtomicInteger launches = new AtomicInteger();
  private final EncodeGate gate = new EncodeGate("scripted", 1, 1);
  private final org.bytedeco.pytorch.Device torchDevice = new org.bytedeco.pytorch.Device("cpu");
  private final Map<Integer, Long> doneAt = new ConcurrentHashMap<>(); // of what was recorded
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final Map<Thread, Long> accounted = new ConcurrentHashMap<>(); // processor time
  private final AtomicInteger ids = new AtomicInteger();
  private final Capabilities capabilities;
  private long queueEnd; // guarded by the gate
  volatile OptionalLong free = OptionalLong.empty();
  volatile OptionalLong freeAfterRelease = OptionalLong.empty();
  private volatile boolean held;
  private volatile @Nullable RuntimeException recordFailure;
  private volatile @Nullable RuntimeException captureFailure;

  ScriptedDriver(int streamCapacity) {
    this(streamCapacity, GraphKey.SHAPE);
  }

  /** One that records forwards if they are prepared for each shape and slot. */
  ScriptedDriver(int streamCapacity, GraphKey graphKey) {
    capabilities =
        new Capabilities(
            1,
            streamCapacity,
            2,
            true,
            false,
            false,
            graphKey,
            EnumSet.allOf(DType.class),
            1 << 30);
  }

  /** A device around this driver. */
  TorchDevice device(BackendSettings settings) {
    return new TorchDevice(this, gate, settings);
  }

  EncodeGate gate() {
    return gate;
  }

  /** From now on no event is passed. */
  void hold() {
    held = true;
  }

  /** Events are passed again. */
  void letGo() {
    held = false;
  }

  /** The next record throws. */
  void failNextRecord(RuntimeException failure) {
    recordFailure = failure;
  }

  /** From now on nothing can be recorded; null: it can again. */
  void failRecordings(@Nullable RuntimeException failure) {
    captureFailure = failure;
  }

  private void encodes(String what) {
    if (!gate.heldByCurrentThread()) {
      violations.add(what + " outside the gate");
    }
  }

  @Override
  public Device device() {
    return Device.CPU;
  }

  @Override
  public Capabilities capabilities() {
    return capabilities;
  }

  @Override
  public org.bytedeco.pytorch.Device torchDevice() {
    return torchDevice;
  }

  @Override
  public boolean isHost() {
    return false;
  }

  @Override
  public NativeStream createStream(int index) {
    encodes("createStream");
    return new NativeStream(index, null, null);
  }

  @Override
  public void destroyStream(NativeStream stream) {}

  @Override
  public boolean isIdle(NativeStream stream) {
    return !held;
  }

  @Override
  public void makeCurrent(NativeStream stream) {
    accounted.put(Thread.currentThread(), threads.getCurrentThreadCpuTime());
  }

  @Override
  public void leaveCurrent() {
    accounted.remove(Thread.currentThread());
  }

  @Override
  public void publish() {
    publications.incrementAndGet();
  }

  @Override
  public void record(NativeEvent event, NativeStream stream) {
    encodes("record");
    RuntimeException failure = recordFailure;
    if (failure != null) {
      recordFailure = null;
      throw failure;
    }
    records.incrementAndGet();
    long spent = threads.getCurrentThreadCpuTime();
    Long before = accounted.put(Thread.currentThread(), spent);
    long now = System.nanoTime();
    queueEnd = Math.max(now, queueEnd) + (before == null ? 0 : spent - before);
    event.nanos(now);
    doneAt.put(event.id(), queueEnd);
  }

  @Override
  public void block(NativeEvent event, NativeStream stream) {
    encodes("block");
    if (!doneAt.containsKey(event.id())) {
      violations.add("block on an event that was not recorded");
    }
  }

  @Override
  public EventDriver<NativeEvent> events() {
    return new Events();
  }

  @Override
  public MemorySource staging() {
    return new MemorySource() {
      @Override
      public ByteBuffer allocate(int bytes) {
        openBlocks.incrementAndGet();
        return HostMemory.INSTANCE.allocate(bytes);
      }

      @Override
      public void free(ByteBuffer memory) {
        openBlocks.decrementAndGet();
        HostMemory.INSTANCE.free(memory);
      }
    };
  }

  @Override
  public @Nullable GraphRecorder graphRecorder(NativeStream stream) {
    return capabilities.graphKey() == GraphKey.SHAPE_AND_SLOT ? new Recorder() : null;
  }

  @Override
  public OptionalLong freeMemory() {
    return cacheReleases.get() > 0 ? freeAfterRelease : free;
  }

  @Override
  public void releaseCache() {
    encodes("releaseCache");
    cacheReleases.incrementAndGet();
  }

  @Override
  public boolean coalesces() {
    return true;
  }

  /** Runs the work at each launch anew: over the same memory, as a device would. */
  private final class Recorder implements GraphRecorder {
    @Override
    public NativeGraph record(Runnable work) {
      encodes("record of a graph");
      RuntimeException failure = captureFailure;
      if (failure != null) {
        throw failure;
      }
      try {
        work.run();
      } catch (RuntimeException e) {
        throw new RecordingFailed(String.valueOf(e.getMessage()), e);
      }
      recordings.incrementAndGet();
      openRecordings.incrementAndGet();
      return new Recording(work);
    }
  }

  private final class Recording implements NativeGraph {
    private final Runnable work;
    private boolean closed;

    Recording(Runnable work) {
      this.work = work;
    }

    @Override
    public void launch() {
      encodes("launch of a graph");
      if (closed) {
        violations.add("launch of a graph that was freed");
      }
      launches.incrementAndGet();
      work.run();
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        openRecordings.decrementAndGet();
      }
    }
  }

  private final class Events implements EventDriver<NativeEvent> {
    @Override
    public NativeEvent create(boolean timed) {
      openEvents.incrementAndGet();
      return new NativeEvent(timed, ids.incrementAndGet(), null);
    }

    @Override
    public void destroy(NativeEvent event) {
      openEvents.decrementAndGet();
      doneAt.remove(event.id());
    }

    /** One that was never recorded counts as passed, as with MPS. */
    @Override
    public boolean query(NativeEvent event) {
      Long done = doneAt.get(event.id());
      boolean passed = done == null || (!held && done - System.nanoTime() <= 0);
      if (done != null && passed && event.timed()) {
        event.markDone(done);
      }
      return passed;
    }

    @Override
    public boolean await(NativeEvent event, long nanos) {
      if (gate.heldByCurrentThread()) {
        violations.add("await inside the gate");
      }
      if (!doneAt.containsKey(event.id())) {
        violations.add("await of an event that was not recorded");
      }
      try {
        return EventDriver.super.await(event, nanos);
      } finally { // it was no encoding: counted as such, threads that look would keep it busy
        accounted.computeIfPresent(
            Thread.currentThread(), (thread, before) -> threads.getCurrentThreadCpuTime());
      }
    }

    @Override
    public Duration elapsed(NativeEvent from, NativeEvent to) {
      return Duration.ofNanos(to.doneNanos() - from.doneNanos());
    }
  }
}
