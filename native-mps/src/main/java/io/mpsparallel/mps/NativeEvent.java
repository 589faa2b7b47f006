package io.mpsparallel.mps;

import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/** One event of a device, as its driver sees it. Guarded by the {@link PooledEvent} around it. */
final class NativeEvent {
  private final boolean timed;
  private final int id;
  private final @Nullable Pointer handle;
  private volatile long nanos;
  private volatile long doneNanos;

  NativeEvent(boolean timed, int id, @Nullable Pointer handle) {
    this.timed = timed;
    this.id = id;
    this.handle = handle;
  }

  boolean timed() {
    return timed;
  }

  /** The driver's number for it. */
  int id() {
    return id;
  }

  /** The driver's object for it. */
  Pointer handle() {
    return java.util.Objects.requireNonNull(handle);
  }

  /** When it was recorded, on devices that are done the moment they are asked. */
  long nanos() {
    return nanos;
  }

  void nanos(long now) {
    nanos = now;
    doneNanos = 0;
  }

  /** When it was first seen to be done, on devices that have no timing of their own. */
  long doneNanos() {
    return doneNanos;
  }

  void markDone(long now) {
    if (doneNanos == 0) {
      doneNanos = now;
    }
  }
}
