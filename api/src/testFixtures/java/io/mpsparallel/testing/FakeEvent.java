package io.mpsparallel.testing;

import io.mpsparallel.backend.Event;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A mark, once there is one. */
final class FakeEvent implements Event {
  private final FakeDevice device;
  private final boolean timed;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile @Nullable Mark mark;

  FakeEvent(FakeDevice device, boolean timed) {
    this.device = device;
    this.timed = timed;
    device.backend.counts().begin(FakeCounts.Kind.EVENTS);
  }

  FakeEvent(FakeDevice device, Mark mark) {
    this(device, false);
    this.mark = mark;
  }

  void record(FakeDevice on, Mark next) {
    if (on != device) {
      throw Fakes.misuse("an event of " + device.id + " on a stream of " + on.id);
    }
    checkOpen();
    mark = next;
  }

  Mark recorded() {
    checkOpen();
    Mark now = mark;
    if (now == null) {
      throw Fakes.misuse("nothing was recorded on the event");
    }
    return now;
  }

  @Override
  public boolean isDone() {
    checkOpen();
    Mark now = mark;
    if (now == null || !now.isReached()) {
      return false;
    }
    throwFailure(now);
    return true;
  }

  @Override
  public void await(Duration timeout) {
    Mark now = recorded();
    if (!now.isReached()) {
      device.backend.observer().waits(device.id, now.stream, now.ticket);
    }
    try {
      if (!now.await(timeout)) {
        throw Fakes.timeout("event on stream " + now.stream, timeout);
      }
    } catch (InterruptedException e) {
      throw Fakes.interrupted("event on stream " + now.stream, e);
    }
    throwFailure(now);
  }

  private static void throwFailure(Mark mark) {
    InferenceException failure = mark.failure();
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public Duration elapsedSince(Event earlier) {
    if (!(earlier instanceof FakeEvent first)) {
      throw Fakes.misuse("an event of another backend");
    }
    return Duration.ofNanos(timedNanos() - first.timedNanos());
  }

  private long timedNanos() {
    Mark now = recorded();
    if (!timed) {
      throw Fakes.misuse("the event is not timed");
    }
    if (!now.isReached()) {
      throw new InferenceException(ErrorCode.NOT_READY, "the event is not done");
    }
    return now.nanos();
  }

  private void checkOpen() {
    if (closed.get()) {
      throw Fakes.closed("the event");
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      device.backend.counts().end(FakeCounts.Kind.EVENTS);
    }
  }
}
