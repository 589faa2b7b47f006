package io.mpsparallel.testing;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.StreamSettings;
import java.util.BitSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The streams of a fake device: the lowest free index first, from 1. */
final class FakeStreamPool {
  private final FakeDevice device;
  private final StreamSettings settings;
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Condition freed = lock.newCondition();
  private final BitSet taken = new BitSet();
  private boolean closed;

  FakeStreamPool(FakeDevice device, StreamSettings settings) {
    this.device = device;
    this.settings = settings;
  }

  private int capacity() {
    return settings.capacityOr(device.capabilities.streamCapacity());
  }

  FakeStream acquire() {
    int index = takeIndex();
    if (!device.backend.does(FakeMisbehaviour.NO_DRAIN)) {
      drain(index);
    }
    device.backend.counts().begin(FakeCounts.Kind.STREAMS);
    return new FakeStream(device, index, true);
  }

  private void drain(int index) {
    try {
      device.drain(mark -> mark.stream == index);
    } catch (InferenceException e) {
      if (e.code() == ErrorCode.DEVICE_TIMEOUT || e.code() == ErrorCode.CANCELLED) {
        release(index);
        throw e;
      } // any other was the former user's
    }
  }

  private int takeIndex() {
    lock.lock();
    try {
      long left = Fakes.clampedNanos(settings.patience());
      while (!closed && taken.cardinality() >= capacity()) {
        if (left <= 0) {
          throw new InferenceException(
              ErrorCode.STREAMS_EXHAUSTED,
              device.id + ": all " + capacity() + " streams are in use");
        }
        left = freed.awaitNanos(left);
      }
      if (closed) {
        throw Fakes.closed("the backend");
      }
      int index = taken.nextClearBit(1);
      taken.set(index);
      return index;
    } catch (InterruptedException e) {
      throw Fakes.interrupted("waiting for a stream", e);
    } finally {
      lock.unlock();
    }
  }

  int inUse() {
    lock.lock();
    try {
      return taken.cardinality();
    } finally {
      lock.unlock();
    }
  }

  void release(int index) {
    lock.lock();
    try {
      taken.clear(index);
      freed.signal();
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      freed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
