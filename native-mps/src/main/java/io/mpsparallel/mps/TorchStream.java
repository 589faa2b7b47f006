package io.mpsparallel.mps;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A stream in the hands of one owner. The thread that is inside it owns everything here; a thread
 * may be inside several, one within the other, and the innermost is libtorch's current one.
 *
 * <p>Where the commit is put off, runs wait in {@link #pending} until the policy or the first look
 * at one of their events flushes them.
 */
final class TorchStream implements Stream {
  private static final ThreadLocal<@Nullable TorchStream> INNERMOST = new ThreadLocal<>();

  private final TorchDevice device;
  private final NativeStream stream;
  private final StreamPool.@Nullable Lease<NativeStream> lease;
  private final AtomicReference<@Nullable Thread> inside = new AtomicReference<>();
  private final InsideScope scope = new InsideScope();
  private final PendingRuns pending;
  private volatile boolean closed;

  private int depth;
  private @Nullable InferenceMode inferenceMode;
  private @Nullable TorchStream outer;
  private @Nullable LaneCache cache;
  private @Nullable LaneGraphs graphs; // guarded by this

  private TorchStream(
      TorchDevice device, NativeStream stream, StreamPool.@Nullable Lease<NativeStream> lease) {
    this.device = device;
    this.stream = stream;
    this.lease = lease;
    this.pending = new PendingRuns(device, stream);
  }

  static TorchStream ofDefault(TorchDevice device, NativeStream stream) {
    return new TorchStream(device, stream, null);
  }

  static TorchStream leased(TorchDevice device, StreamPool.Lease<NativeStream> lease) {
    return new TorchStream(device, lease.stream(), lease);
  }

  @Override
  public Device device() {
    return device.device();
  }

  @Override
  public int index() {
    return stream.index();
  }

  TorchDevice torchDevice() {
    return device;
  }

  /** Staging memory for work on this stream: from its own small cache, where it has one owner. */
  Block stagingBlock(int bytes) {
    if (lease == null || inside.get() != Thread.currentThread()) {
      return device.buffers().acquire(bytes, stream.index());
    }
    if (cache == null) {
      cache = device.buffers().laneCache();
    }
    return cache.acquire(bytes, stream.index());
  }

  /**
   * The recorded forwards of this stream; null where there are none, or others share the stream.
   */
  synchronized @Nullable LaneGraphs graphs() {
    if (graphs == null && lease != null && !closed) {
      GraphRecorder recorder = device.driver().graphRecorder(stream);
      graphs = recorder == null ? null : new LaneGraphs(recorder, device.path().cacheEntries());
    }
    return graphs;
  }

  @Override
  public Scope enter() {
    checkOpen();
    Thread me = Thread.currentThread();
    if (!inside.compareAndSet(null, me) && inside.get() != me) {
      throw new InferenceException(
          ErrorCode.MISUSE, this + " is in use by thread '" + nameOf(inside.get()) + "'");
    }
    if (depth > 0) {
      depth++;
      return new NestedScope();
    }
    try {
      takeThread();
    } catch (RuntimeException e) {
      leaveThread();
      throw device.noteFailure(NativeErrors.device(e, this.toString()));
    }
    depth = 1;
    return scope;
  }

  private void takeThread() {
    if (cache != null && !cache.isOf(Thread.currentThread())) {
      cache.close(); // its thread is outside, and has no part in it any more
      cache = null;
    }
    if (torch.get_num_threads() != device.intraOpThreads()) {
      torch.set_num_threads(device.intraOpThreads()); // stays: it costs as much as a small forward
    }
    inferenceMode = new InferenceMode(true);
    outer = INNERMOST.get();
    INNERMOST.set(this);
    device.driver().makeCurrent(stream);
  }

  private void leave() {
    if (inside.get() != Thread.currentThread()) {
      throw misuse("left by another thread than the one that entered");
    }
    if (--depth > 0) {
      return;
    }
    pending.flushQuietly(); // whoever waits for the device waits for this as well
    leaveThread();
  }

  private void leaveThread() {
    TorchStream next = outer;
    outer = null;
    INNERMOST.set(next);
    try {
      if (next == null) {
        device.driver().leaveCurrent();
      } else {
        next.device.driver().makeCurrent(next.stream);
      }
    } finally {
      if (inferenceMode != null) {
        inferenceMode.deallocate();
        inferenceMode = null;
      }
      inside.set(null);
      if (closed) {
        giveBack(); // closed by another thread meanwhile
      }
    }
  }

  private static String nameOf(@Nullable Thread thread) {
    return thread == null ? "none" : thread.getName();
  }

  @Override
  public Event run(List<? extends Slot> slots) {
    checkInside();
    device.checkUsable();
    queue(slots);
    if (device.driver().isHost()) {
      for (int i = 0; i < slots.size(); i++) {
        TorchSlot slot = own(slots.get(i));
        slot.begin();
        encode(slot);
      }
      return new HostEvent();
    }
    return encoded(() -> runOnDevice(slots));
  }

  /** Checks all slots before any is run; one that is listed twice fails at its second place. */
  private void queue(List<? extends Slot> slots) {
    int queued = 0;
    try {
      for (; queued < slots.size(); queued++) {
        own(slots.get(queued)).queue(this);
      }
    } catch (InferenceException e) {
      for (int i = 0; i < queued; i++) {
        own(slots.get(i)).unqueue();
      }
      throw e;
    }
  }

  private Event runOnDevice(List<? extends Slot> slots) {
    List<TorchSlot> own = slots.stream().map(this::own).toList();
    PooledEvent<NativeEvent> event = null;
    try {
      event = device.events().acquire(false);
      PendingRuns.Run run = new PendingRuns.Run(own, event);
      own.forEach(TorchSlot::begin);
      gated(() -> own.forEach(this::encode));
      own.forEach(slot -> slot.encoded(run.event()));
      pending.add(run);
      event.markRecorded(() -> pending.commit(run));
      return event;
    } catch (RuntimeException e) {
      InferenceException failure = device.noteFailure(NativeErrors.device(e, this.toString()));
      own.forEach(slot -> slot.failRun(failure));
      if (event != null) {
        event.close();
      }
      throw failure;
    }
  }

  /**
   * Encodes one forward; when memory runs out, gives back all that is spare and tries once more.
   */
  private void encode(TorchSlot slot) {
    try {
      slot.encode();
    } catch (InferenceException e) {
      if (e.code() != ErrorCode.OUT_OF_MEMORY) {
        failSlot(slot, e);
        return;
      }
      try {
        outsideGate(
            () -> {
              device.drain(stream);
              slot.discard();
              device.reclaimMemory();
              slot.beginAgain();
            });
        slot.encode();
      } catch (InferenceException again) {
        failSlot(slot, again);
      }
    }
  }

  private void failSlot(TorchSlot slot, InferenceException failure) {
    slot.fail(failure);
    if (failure.code() == ErrorCode.DEVICE_FAILED && !device.driver().isHost()) {
      throw failure;
    }
  }

  @Override
  public void record(Event event) {
    checkInside();
    PooledEvent<NativeEvent> own = device.events().own(event);
    encoded(
        () -> {
          pending.flush();
          own.nativeEvent(); // or CLOSED
          gated(() -> pending.recordIfOpen(own));
          own.markRecorded(() -> {});
          return true;
        });
  }

  @Override
  public void waitFor(Event event) {
    checkInside();
    if (event instanceof HostEvent) {
      return;
    }
    PooledEvent<NativeEvent> own = device.events().own(event);
    if (!own.isRecorded()) {
      throw misuse("told to wait for an event that nothing was recorded on");
    }
    encoded(
        () -> {
          own.isDone(); // commits what the event waits for
          if (own.beginUse()) {
            try {
              gated(() -> device.driver().block(own.nativeEvent(), stream));
            } finally {
              own.endUse();
            }
          }
          return true;
        });
  }

  @Override
  public void synchronize() {
    checkOpen();
    Thread user = inside.get();
    if (user == Thread.currentThread()) {
      pending.flush();
    } else if (user != null) {
      throw misuse("in use by thread '" + user.getName() + "'");
    }
    encoded(
        () -> {
          device.drain(stream);
          return true;
        });
  }

  /** Waits for everything encoded here; outside the gate. */
  void drain() {
    pending.flushQuietly();
    device.drain(stream);
  }

  private void gated(Runnable action) {
    device.gated(stream.index(), action);
  }

  private void outsideGate(Runnable action) {
    boolean held = device.gate().heldByCurrentThread();
    if (held) {
      device.gate().exit(stream.index());
    }
    try {
      action.run();
    } finally {
      if (held) {
        device.gate().enter(stream.index());
      }
    }
  }

  /** Whatever native code throws here is about the device; and this stream is the current one. */
  private <T> T encoded(java.util.function.Supplier<T> action) {
    boolean switched = INNERMOST.get() != this && inside.get() == Thread.currentThread();
    if (switched) {
      device.driver().makeCurrent(stream);
    }
    try {
      return action.get();
    } catch (InferenceException e) {
      throw device.noteFailure(e);
    } catch (RuntimeException e) {
      throw device.noteFailure(NativeErrors.device(e, this.toString()));
    } finally {
      TorchStream innermost = INNERMOST.get();
      if (switched && innermost != null) {
        innermost.device.driver().makeCurrent(innermost.stream);
      }
    }
  }

  private TorchSlot own(Slot slot) {
    if (slot instanceof TorchSlot own) {
      return own;
    }
    throw misuse("given a slot of another backend");
  }

  /** While another thread is inside, the stream goes back when that thread leaves it. */
  @Override
  public void close() {
    if (lease == null) {
      return;
    }
    Thread user = inside.get();
    if (user == Thread.currentThread()) {
      pending.flushQuietly();
    }
    closed = true;
    if (user == null || user == Thread.currentThread()) {
      giveBack();
    }
  }

  private void giveBack() {
    LaneCache own = cache;
    cache = null;
    if (own != null) {
      own.close();
    }
    LaneGraphs recorded;
    synchronized (this) {
      recorded = graphs;
    }
    if (recorded != null) {
      recorded.close();
    }
    if (lease != null) {
      lease.release();
    }
  }

  void checkOpen() {
    if (closed) {
      throw new InferenceException(ErrorCode.CLOSED, this + " was given back to its pool");
    }
    device.checkOpen();
  }

  private void checkInside() {
    checkOpen();
    if (inside.get() != Thread.currentThread()) {
      throw misuse("used by a thread that is not inside it: enter() first");
    }
  }

  private InferenceException misuse(String what) {
    return new InferenceException(ErrorCode.MISUSE, this + ": " + what);
  }

  @Override
  public String toString() {
    return "stream " + stream.index() + " of " + device.device();
  }

  private final class InsideScope implements Scope {
    @Override
    public void close() {
      if (depth > 0) {
        leave();
      }
    }
  }

  private final class NestedScope implements Scope {
    private boolean left;

    @Override
    public void close() {
      if (!left) {
        left = true;
        leave();
      }
    }
  }
}
