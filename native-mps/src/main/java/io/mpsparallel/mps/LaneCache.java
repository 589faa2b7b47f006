package io.mpsparallel.mps;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A few free blocks of each size for one lane, without synchronisation. It belongs to the thread
 * that first acquires from it; calls of other threads go to the pool. Closed by that thread, or
 * after it ended.
 *
 * <p>When the pool releases its cache, this one is emptied at its next use.
 */
final class LaneCache implements AutoCloseable {
  private static final int BLOCKS = 4;
  private static final int LARGEST = 1 << 20; // larger ones go to the pool, which bounds its bytes
  private static final int CLASSES = SizeClass.of(LARGEST) + 1;
  private static final VarHandle CACHED = longField("cached");
  private static final VarHandle USED = longField("used");

  private final BufferPool pool;
  private final @Nullable Slab[] slabs = new Slab[CLASSES * BLOCKS];
  private final int[] counts = new int[CLASSES];
  private @Nullable Thread thread;
  private int epoch;
  private boolean closed;

  // Written by the lane alone, read by anybody.
  private long cached;
  private long used;

  LaneCache(BufferPool pool) {
    this.pool = pool;
    this.epoch = pool.epoch();
  }

  /** As {@link BufferPool#acquire}. */
  Block acquire(int bytes, int ownerStream) {
    if (thread == null) {
      thread = Thread.currentThread();
    }
    int sizeClass = BufferPool.check(bytes);
    Slab slab =
        isOwn() && sizeClass != SizeClass.NONE && sizeClass < CLASSES ? pop(sizeClass) : null;
    return slab == null
        ? pool.acquire(bytes, ownerStream, this)
        : new Block(pool, this, slab, bytes, ownerStream);
  }

  /** Whether it belongs to a thread, or to none yet. */
  boolean isOf(Thread other) {
    return thread == null || thread == other;
  }

  /** Gives all blocks to the pool. Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      empty(pool::cache);
      pool.forget(this);
    }
  }

  /** Keeps idle memory that comes back, if it can; false if the pool has to take it. */
  boolean giveBack(Slab slab) {
    int sizeClass = slab.sizeClass();
    if (!isOwn() || sizeClass == SizeClass.NONE || sizeClass >= CLASSES) {
      return false;
    }
    int count = counts[sizeClass];
    if (count == BLOCKS || cached + slab.capacity() > pool.maxBytes()) {
      return false;
    }
    slabs[sizeClass * BLOCKS + count] = slab;
    counts[sizeClass] = count + 1;
    add(slab.capacity());
    return true;
  }

  /** Frees what is in here if the pool wants that, and this is the lane's thread. */
  void refresh() {
    isOwn();
  }

  /** The bytes in here. */
  long cachedBytes() {
    return (long) CACHED.getOpaque(this);
  }

  /** What was taken out of here less what came back: the pool adds them all up. */
  long usedBytes() {
    return (long) USED.getOpaque(this);
  }

  private @Nullable Slab pop(int sizeClass) {
    int count = counts[sizeClass];
    if (count == 0) {
      return null;
    }
    int at = sizeClass * BLOCKS + count - 1;
    Slab slab = slabs[at];
    slabs[at] = null;
    counts[sizeClass] = count - 1;
    if (slab != null) {
      add(-slab.capacity());
    }
    return slab;
  }

  /** Whether the calling thread may use the arrays; empties them first if the pool wants that. */
  private boolean isOwn() {
    if (thread != Thread.currentThread() || closed) {
      return false;
    }
    int now = pool.epoch();
    if (epoch != now) {
      epoch = now;
      empty(pool::discard);
    }
    return true;
  }

  private void empty(Consumer<Slab> taker) {
    for (int sizeClass = 0; sizeClass < CLASSES; sizeClass++) {
      for (Slab slab = pop(sizeClass); slab != null; slab = pop(sizeClass)) {
        left(slab.capacity());
        taker.accept(slab);
      }
    }
  }

  private void add(long bytes) {
    CACHED.setOpaque(this, cached + bytes);
    USED.setOpaque(this, used - bytes);
  }

  /** Memory left for the pool, not for a user. */
  private void left(long bytes) {
    USED.setOpaque(this, used - bytes);
  }

  private static VarHandle longField(String name) {
    try {
      return MethodHandles.lookup().findVarHandle(LaneCache.class, name, long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
