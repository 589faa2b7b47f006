package io.mpsparallel.testing;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.InferenceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A lease of a stream, or the default stream. */
final class FakeStream implements Stream {
  final FakeDevice device;
  private final int index;
  private final boolean pooled;
  private final AtomicBoolean closed = new AtomicBoolean();
  private @Nullable Thread user; // guarded by this
  private int depth; // guarded by this

  FakeStream(FakeDevice device, int index, boolean pooled) {
    this.device = device;
    this.index = index;
    this.pooled = pooled;
  }

  @Override
  public Device device() {
    return device.id;
  }

  @Override
  public int index() {
    return index;
  }

  @Override
  public synchronized Scope enter() {
    checkOpen();
    InferenceException fault = device.backend.faults().ofEnter();
    if (fault != null) {
      throw fault;
    }
    Thread me = Thread.currentThread();
    if (user != null && user != me && isStrict()) {
      throw Fakes.misuse("stream " + index + " is in use by " + user.getName());
    }
    user = me;
    depth++;
    return new FakeScope(me);
  }

  private final class FakeScope implements Scope {
    private final Thread entered;
    private boolean left;

    FakeScope(Thread entered) {
      this.entered = entered;
    }

    @Override
    public void close() {
      synchronized (FakeStream.this) {
        if (left) {
          return;
        }
        if (entered != Thread.currentThread()) {
          throw Fakes.misuse("the scope of stream " + index + " was entered by another thread");
        }
        left = true;
        depth--;
        if (depth == 0) {
          user = null;
        }
      }
    }
  }

  @Override
  public Event run(List<? extends Slot> slots) {
    checkUse("run");
    List<FakeSlot> mine = checked(slots);
    InferenceException broken = device.backend.faults().ofDevice(device.id);
    InferenceException fault = broken == null ? device.backend.faults().ofRun() : broken;
    if (fault != null) {
      mine.forEach(slot -> slot.fail(fault));
      throw fault;
    }
    return new FakeEvent(device, device.encode(index, mine));
  }

  private List<FakeSlot> checked(List<? extends Slot> slots) {
    List<FakeSlot> mine = new ArrayList<>(slots.size());
    for (Slot slot : slots) {
      if (!(slot instanceof FakeSlot fake) || fake.stream() != this) {
        throw Fakes.misuse("a slot of another stream (expected: of stream " + index + ")");
      }
      fake.checkFilled();
      if (mine.contains(fake)) {
        throw Fakes.misuse("the same slot twice in one run");
      }
      mine.add(fake);
    }
    return mine;
  }

  @Override
  public void record(Event event) {
    checkUse("record");
    ours(event).record(device, device.encode(index, List.of()));
  }

  @Override
  public void waitFor(Event event) {
    checkUse("waitFor");
    device.encodeWait(index, ours(event).recorded());
  }

  private static FakeEvent ours(Event event) {
    if (event instanceof FakeEvent fake) {
      return fake;
    }
    throw Fakes.misuse("an event of another backend");
  }

  @Override
  public void synchronize() {
    checkUse("synchronize");
    device.drain(mark -> mark.stream == index);
  }

  private synchronized void checkUse(String what) {
    checkOpen();
    if (isStrict() && user != Thread.currentThread()) {
      throw Fakes.misuse(
          what
              + " on stream "
              + index
              + (user == null ? " outside enter()" : ", which is in use by " + user.getName()));
    }
  }

  private boolean isStrict() {
    return !device.backend.does(FakeMisbehaviour.NO_OWNERSHIP);
  }

  void checkOpen() {
    device.backend.checkOpen();
    if (closed.get()) {
      throw Fakes.closed("stream " + index);
    }
  }

  @Override
  public void close() {
    if (!pooled) {
      return;
    }
    if (!closed.compareAndSet(false, true)) {
      device.backend.counts().doubleRelease();
      return;
    }
    device.backend.counts().end(FakeCounts.Kind.STREAMS);
    device.pool.release(index);
  }

  @Override
  public String toString() {
    return device.id + " stream " + index;
  }
}
