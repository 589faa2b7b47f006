package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Staging memory in the hands of one owner, until it is released. Any thread may release it; the
 * view is not to be used after that.
 */
final class Block {
  private static final AtomicIntegerFieldUpdater<Block> RELEASED =
      AtomicIntegerFieldUpdater.newUpdater(Block.class, "released");

  private final BufferPool pool;
  private final @Nullable LaneCache lane;
  private final Slab slab;
  private final int owner;
  private final ByteBuffer view;
  private volatile int released;

  Block(BufferPool pool, @Nullable LaneCache lane, Slab slab, int bytes, int owner) {
    this.pool = pool;
    this.lane = lane;
    this.slab = slab;
    this.owner = owner;
    this.view = slab.memory().slice(0, bytes).order(ByteOrder.nativeOrder());
  }

  /** A view of exactly the bytes that were asked for, in native order; the same at each call. */
  ByteBuffer buffer() {
    if (released != 0) {
      throw new InferenceException(ErrorCode.CLOSED, "staging memory: used after its release");
    }
    return view;
  }

  /** The bytes that the memory really has. */
  int capacity() {
    return slab.capacity();
  }

  /** The index of the stream that works on it. */
  int owner() {
    return owner;
  }

  /** Gives the memory back; it is not lent again before its stream is idle. Idempotent. */
  void release() {
    giveBack(false);
  }

  /**
   * Gives the memory back when the device is known to be past its last use, as after the event of
   * the slot that used it: it may be lent again at once, though its stream has other work. Without
   * this, memory of a lane that always has something in flight would never come back. Idempotent.
   */
  void releasePassed() {
    giveBack(true);
  }

  private void giveBack(boolean passed) {
    if (RELEASED.getAndSet(this, 1) != 0) {
      return;
    }
    boolean idle = passed || pool.isIdle(owner);
    if (lane == null || !idle || !lane.giveBack(slab)) {
      pool.giveBack(slab, owner, idle);
    }
  }
}
