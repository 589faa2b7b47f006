package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a device: index 0 is the default stream, which is shared, and 1 to {@code
 * capacity} are leased to one owner at a time. Each is created at its first use, once. Any thread.
 *
 * <p>A permit says that a slot is free, a bit says which: a thread with a permit always finds one.
 *
 * @param <S> what the device calls a stream
 */
final class StreamPool<S> {
  private final String device;
  private final int capacity;
  private final Duration patience;
  private final IntFunction<S> create;
  private final Consumer<S> drain;

  private final AtomicReferenceArray<@Nullable S> streams;
  private final boolean[] used; // [index]: it was leased before; only its holder looks
  private final SlotBits free;
  private final Semaphore permits;
  private final AtomicInteger highWater = new AtomicInteger();
  private final LongAdder doubleReleases = new LongAdder();
  private volatile @Nullable Consumer<S> destroy; // not null: closed

  /** A pool; a stream is created by its index, and drained before it is leased again. */
  StreamPool(
      String device, int capacity, Duration patience, IntFunction<S> create, Consumer<S> drain) {
    if (capacity < 1) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID, "streams.capacity: " + capacity + " (expected: 1 or more)");
    }
    this.device = requireNonNull(device, "device");
    this.capacity = capacity;
    this.patience = requireNonNull(patience, "patience");
    this.create = requireNonNull(create, "create");
    this.drain = requireNonNull(drain, "drain");
    streams = new AtomicReferenceArray<>(capacity + 1);
    used = new boolean[capacity + 1];
    free = new SlotBits(capacity);
    permits = new Semaphore(capacity, true);
  }

  /** One stream in the hands of one owner, until it is released. */
  static final class Lease<S> {
    private final StreamPool<S> pool;
    private final S stream;
    private final int index;
    private final AtomicInteger releases = new AtomicInteger();

    private Lease(StreamPool<S> pool, S stream, int index) {
      this.pool = pool;
      this.stream = stream;
      this.index = index;
    }

    S stream() {
      return stream;
    }

    int index() {
      return index;
    }

    /** Gives the stream back; false, and counted, if that was done before. */
    boolean release() {
      if (releases.getAndSet(1) != 0) {
        pool.doubleReleases.increment();
        return false;
      }
      pool.giveBack(index);
      return true;
    }
  }

  /** The stream of index 0. */
  S defaultStream() {
    S stream = streams.get(0);
    return stream == null ? createDefault() : stream;
  }

  /**
   * Leases a stream, waiting as long as the pool's patience for one.
   *
   * @throws InferenceException {@code STREAMS_EXHAUSTED}, {@code CANCELLED} if the thread was
   *     interrupted while it waited, {@code CLOSED}
   */
  Lease<S> acquire() {
    checkOpen();
    if (permits.hasQueuedThreads() || !permits.tryAcquire()) {
      awaitPermit();
    }
    int index = takeIndex();
    noteInUse();
    try {
      return new Lease<>(this, prepare(index), index);
    } catch (Throwable e) {
      giveBack(index);
      throw e;
    }
  }

  /** The stream of an index, created before; {@code MISUSE} if there is none. */
  S at(int index) {
    if (index < 0 || index > capacity) {
      throw new InferenceException(
          ErrorCode.MISUSE,
          "stream " + index + " of " + device + ": no such index (expected: 0.." + capacity + ")");
    }
    S stream = streams.get(index);
    if (stream == null) {
      throw new InferenceException(
          ErrorCode.MISUSE, "stream " + index + " of " + device + ": was not created");
    }
    return stream;
  }

  /** Every stream that was created, the default one included, by index. */
  List<S> created() {
    List<S> created = new ArrayList<>();
    for (int i = 0; i <= capacity; i++) {
      S stream = streams.get(i);
      if (stream != null) {
        created.add(stream);
      }
    }
    return created;
  }

  /** How many are leased now. */
  int inUse() {
    return Math.max(0, capacity - permits.availablePermits());
  }

  /** How many were leased at once at most. */
  int highWater() {
    return highWater.get();
  }

  /** How often a lease was released again. */
  long doubleReleases() {
    return doubleReleases.sum();
  }

  /**
   * Refuses new leases, those that wait included, and destroys the streams; a leased one when it is
   * released. Idempotent. A failure does not keep the others from being destroyed; the first is
   * thrown at the end.
   */
  void close(Consumer<S> destroyer) {
    S shared;
    synchronized (this) {
      if (destroy != null) {
        return;
      }
      destroy = requireNonNull(destroyer, "destroyer");
      shared = streams.getAndSet(0, null);
    }
    permits.release(1 << 20); // everybody who waits wakes up and finds it closed
    FirstFailure failure = new FirstFailure();
    if (shared != null) {
      failure.run(() -> destroyer.accept(shared));
    }
    destroyFree(destroyer, failure);
    failure.rethrow();
  }

  private synchronized S createDefault() {
    checkOpen();
    S stream = streams.get(0);
    if (stream == null) {
      stream = requireNonNull(create.apply(0), "stream 0");
      streams.set(0, stream);
    }
    return stream;
  }

  private void awaitPermit() {
    try {
      if (patience.isZero()
          || !permits.tryAcquire(Durations.nanos(patience), TimeUnit.NANOSECONDS)) {
        throw exhausted();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InferenceException(
          ErrorCode.CANCELLED, "interrupted while waiting for a stream of " + device, e);
    }
  }

  private InferenceException exhausted() {
    return new InferenceException(
        ErrorCode.STREAMS_EXHAUSTED,
        "streams of "
            + device
            + ": "
            + inUse()
            + " in use (capacity "
            + capacity
            + ", waited "
            + Durations.nanos(patience) / 1_000_000
            + " ms): close a stream, raise streams.capacity, or wait with streams.when-exhausted");
  }

  /** The index of a free slot, for a thread that has a permit. */
  private int takeIndex() {
    while (true) {
      int slot = free.take();
      if (slot >= 0) {
        return slot + 1;
      }
      checkOpen(); // closing takes slots without permits
      Thread.onSpinWait();
    }
  }

  private S prepare(int index) {
    checkOpen();
    S stream = streams.get(index);
    if (stream == null) {
      stream = requireNonNull(create.apply(index), "stream");
      streams.set(index, stream);
    } else if (used[index]) {
      drain.accept(stream);
    }
    used[index] = true;
    return stream;
  }

  private void giveBack(int index) {
    free.give(index - 1);
    permits.release();
    Consumer<S> destroyer = destroy;
    if (destroyer != null) {
      FirstFailure failure = new FirstFailure();
      destroyFree(destroyer, failure);
      failure.rethrow();
    }
  }

  /** Destroys the streams of all free slots; the slots are never given back. */
  private void destroyFree(Consumer<S> destroyer, FirstFailure failure) {
    free.takeAll(
        slot -> {
          S stream = streams.getAndSet(slot + 1, null);
          if (stream != null) {
            failure.run(() -> destroyer.accept(stream));
          }
        });
  }

  private void noteInUse() {
    int now = inUse();
    int highest = highWater.get();
    while (now > highest) {
      highest = highWater.compareAndExchange(highest, now);
    }
  }

  private void checkOpen() {
    if (destroy != null) {
      throw new InferenceException(ErrorCode.CLOSED, "streams of " + device + ": closed");
    }
  }
}
