package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Staging memory by size, kept for reuse. Any thread. Memory whose stream still works waits on a
 * list; what is free lies in shards, and each thread begins at another one.
 */
final class BufferPool {
  private static final int SHARDS = 8;
  private static final int UNCHECKED = 64; // one part of so many may lie in a shard unchecked
  private static final AtomicIntegerFieldUpdater<BufferPool> EPOCH =
      AtomicIntegerFieldUpdater.newUpdater(BufferPool.class, "epoch");

  private final MemorySource source;
  private final long maxBytes;
  private final IntPredicate streamIdle;
  private final Runnable synchronizeAll;

  private final BufferShard[] shards = new BufferShard[SHARDS];
  private final ConcurrentLinkedQueue<Pending> pending = new ConcurrentLinkedQueue<>();
  private final AtomicLong pendingBytes = new AtomicLong();
  private final List<LaneCache> lanes = new CopyOnWriteArrayList<>();
  private final LongAdder used = new LongAdder();
  private volatile int epoch; // beside fields that hardly change, for lanes read it at each use
  private volatile boolean closed;

  /** Memory that was released while its stream worked. */
  private record Pending(Slab slab, int owner) {}

  /**
   * A pool.
   *
   * @param source where the memory comes from
   * @param maxBytes how much to keep; the rest is freed when it is released. Lanes keep a few small
   *     blocks besides
   * @param streamIdle whether the stream of an index has no work
   * @param synchronizeAll waits until every stream is idle
   */
  BufferPool(MemorySource source, long maxBytes, IntPredicate streamIdle, Runnable synchronizeAll) {
    this.source = requireNonNull(source, "source");
    this.maxBytes = maxBytes;
    this.streamIdle = requireNonNull(streamIdle, "streamIdle");
    this.synchronizeAll = requireNonNull(synchronizeAll, "synchronizeAll");
    for (int i = 0; i < SHARDS; i++) {
      shards[i] = new BufferShard();
    }
  }

  /**
   * Lends a block of at least so many bytes, for a stream to work on.
   *
   * @throws InferenceException {@code OUT_OF_MEMORY} after everything spare was given back
   */
  Block acquire(int bytes, int ownerStream) {
    return acquire(bytes, ownerStream, null);
  }

  Block acquire(int bytes, int ownerStream, @Nullable LaneCache lane) {
    int sizeClass = check(bytes);
    if (closed) {
      throw new InferenceException(ErrorCode.CLOSED, "staging memory: its backend was closed");
    }
    Slab slab = take(sizeClass);
    if (slab == null && !pending.isEmpty()) {
      reclaim();
      slab = take(sizeClass);
    }
    if (slab == null) {
      slab = allocate(bytes, sizeClass, lane);
    }
    used.add(slab.capacity());
    return new Block(this, lane, slab, bytes, ownerStream);
  }

  /** A cache for one lane, which closes it. */
  LaneCache laneCache() {
    LaneCache lane = new LaneCache(this);
    lanes.add(lane);
    return lane;
  }

  /** Takes back memory whose stream has become idle. */
  void reclaim() {
    for (int left = pending.size(); left > 0; left--) {
      Pending next = pending.poll();
      if (next == null) {
        return;
      }
      if (isIdle(next.owner)) {
        pendingBytes.addAndGet(-next.slab.capacity());
        cache(next.slab);
      } else {
        pending.add(next);
      }
    }
  }

  /**
   * Waits for every stream, then frees all memory that nobody uses. What a lane keeps for itself is
   * freed at that lane's next use.
   */
  void releaseCache() {
    EPOCH.incrementAndGet(this);
    ConcurrentLinkedQueue<Pending> waited = new ConcurrentLinkedQueue<>();
    for (Pending next = pending.poll(); next != null; next = pending.poll()) {
      waited.add(next);
    }
    try {
      synchronizeAll.run();
    } catch (Throwable e) {
      pending.addAll(waited);
      throw e;
    }
    for (Pending next : waited) {
      pendingBytes.addAndGet(-next.slab.capacity());
      discard(next.slab);
    }
    for (BufferShard shard : shards) {
      shard.drain(this::discard);
    }
  }

  /** The bytes kept for reuse, those that wait for their stream included. */
  long cachedBytes() {
    long sum = sharedBytes();
    for (LaneCache lane : lanes) {
      sum += lane.cachedBytes();
    }
    return sum;
  }

  /** The bytes that {@code maxBytes} bounds: all that is kept but for the lanes' few blocks. */
  private long sharedBytes() {
    long sum = pendingBytes.get();
    for (BufferShard shard : shards) {
      sum += shard.bytes();
    }
    return sum;
  }

  /**
   * Whether what was just added is too much. Whoever adds last sees all that was added. Shards that
   * hold little do not look here, and get an eighth of the bound for that.
   */
  private boolean isFull() {
    return sharedBytes() > maxBytes - SHARDS * (maxBytes / UNCHECKED);
  }

  /** The bytes lent out. */
  long usedBytes() {
    long sum = used.sum();
    for (LaneCache lane : lanes) {
      sum += lane.usedBytes();
    }
    return sum;
  }

  /** Waits for every stream and frees all; what is lent out is freed at its release. Idempotent. */
  void close() {
    closed = true;
    releaseCache();
  }

  /** The size class of a valid size. */
  static int check(int bytes) {
    if (bytes < 0) {
      throw new InferenceException(
          ErrorCode.MISUSE, "staging memory: " + bytes + " bytes (expected: 0 or more)");
    }
    return SizeClass.of(bytes);
  }

  /** Changes when all caches are to be emptied. */
  int epoch() {
    return epoch;
  }

  long maxBytes() {
    return maxBytes;
  }

  boolean isIdle(int stream) {
    return streamIdle.test(stream);
  }

  /** Memory comes back from a user. */
  void giveBack(Slab slab, int owner, boolean idle) {
    used.add(-slab.capacity());
    if (idle) {
      cache(slab);
    } else {
      pendingBytes.addAndGet(slab.capacity());
      pending.add(new Pending(slab, owner));
    }
  }

  /** Keeps idle memory, or frees it if there is no room. */
  void cache(Slab slab) {
    if (slab.sizeClass() == SizeClass.NONE || slab.capacity() > maxBytes || closed) {
      discard(slab);
      return;
    }
    BufferShard shard = shards[Spread.threadPlace(SHARDS)];
    long there = shard.push(slab);
    if ((there > maxBytes / UNCHECKED && isFull()) || closed) {
      Slab surplus = shard.pop(slab.sizeClass());
      if (surplus != null) {
        discard(surplus);
      }
    }
  }

  /** Frees memory that nobody uses. */
  void discard(Slab slab) {
    source.free(slab.memory());
  }

  /** A lane has closed its cache. */
  void forget(LaneCache lane) {
    used.add(lane.usedBytes());
    lanes.remove(lane);
  }

  private @Nullable Slab take(int sizeClass) {
    if (sizeClass == SizeClass.NONE) {
      return null;
    }
    int start = Spread.threadPlace(SHARDS);
    for (int i = 0; i < SHARDS; i++) {
      Slab slab = shards[(start + i) % SHARDS].pop(sizeClass);
      if (slab != null) {
        return slab;
      }
    }
    return null;
  }

  private Slab allocate(int bytes, int sizeClass, @Nullable LaneCache lane) {
    int capacity = sizeClass == SizeClass.NONE ? bytes : SizeClass.bytes(sizeClass);
    ByteBuffer memory = tryAllocate(capacity);
    if (memory == null) {
      reclaim();
      Slab reclaimed = take(sizeClass);
      if (reclaimed != null) {
        return reclaimed;
      }
      releaseCache();
      if (lane != null) {
        lane.refresh();
      }
      memory = tryAllocate(capacity);
    }
    if (memory == null) {
      throw outOfMemory(capacity);
    }
    return new Slab(memory, sizeClass, capacity);
  }

  private @Nullable ByteBuffer tryAllocate(int capacity) {
    try {
      return source.allocate(capacity);
    } catch (OutOfMemoryError e) {
      return null;
    } catch (InferenceException e) {
      if (e.code() == ErrorCode.OUT_OF_MEMORY) {
        return null;
      }
      throw e;
    }
  }

  private InferenceException outOfMemory(int capacity) {
    return new InferenceException(
        ErrorCode.OUT_OF_MEMORY,
        "staging memory: "
            + capacity
            + " bytes wanted, "
            + usedBytes()
            + " in use, "
            + cachedBytes()
            + " cached, after everything spare was freed: run fewer or smaller batches at once");
  }
}
