package io.mpsparallel.mps;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Taking a staging block and giving it back: with a cache for each lane, from the shards that all
 * share, and, to compare with, from a map of deques behind one lock. {@code -t} sets the number of
 * threads.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@Threads(Threads.MAX)
public class BufferPoolBenchmark {
  private static final int BYTES = 2048;

  /** What all threads share. */
  @State(Scope.Benchmark)
  public static class Shared {
    final BufferPool pool =
        new BufferPool(
            new MemorySource() {
              @Override
              public ByteBuffer allocate(int bytes) {
                return ByteBuffer.allocateDirect(bytes);
              }

              @Override
              public void free(ByteBuffer memory) {}
            },
            1L << 30,
            stream -> true,
            () -> {});
    final GlobalLock globalLock = new GlobalLock();
  }

  /** What each thread has for itself. */
  @State(Scope.Thread)
  public static class Lane {
    @SuppressWarnings("NullAway.Init") // by open
    private LaneCache cache;

    /** Opens the cache on the thread that will use it. */
    @Setup(Level.Trial)
    public void open(Shared shared) {
      cache = shared.pool.laneCache();
    }

    /** Gives the blocks back. */
    @TearDown(Level.Trial)
    public void close() {
      cache.close();
    }
  }

  /** The simplest pool there is. */
  static final class GlobalLock {
    private final Map<Integer, ArrayDeque<ByteBuffer>> free = new HashMap<>();

    synchronized ByteBuffer acquire(int bytes) {
      int sizeClass = SizeClass.of(bytes);
      ByteBuffer memory = free.computeIfAbsent(sizeClass, c -> new ArrayDeque<>()).poll();
      return memory == null ? ByteBuffer.allocateDirect(SizeClass.bytes(sizeClass)) : memory;
    }

    synchronized void release(ByteBuffer memory) {
      free.computeIfAbsent(SizeClass.of(memory.capacity()), c -> new ArrayDeque<>()).push(memory);
    }
  }

  /** Each thread is a lane. */
  @Benchmark
  public int laneCaches(Lane lane) {
    Block block = lane.cache.acquire(BYTES, 1);
    int capacity = block.buffer().capacity();
    block.release();
    return capacity;
  }

  /** All threads share the shards. */
  @Benchmark
  public int shards(Shared shared) {
    Block block = shared.pool.acquire(BYTES, 1);
    int capacity = block.buffer().capacity();
    block.release();
    return capacity;
  }

  /** All threads share one lock. */
  @Benchmark
  public int globalLock(Shared shared) {
    ByteBuffer memory = shared.globalLock.acquire(BYTES);
    int capacity = memory.slice(0, BYTES).order(ByteOrder.nativeOrder()).capacity();
    shared.globalLock.release(memory);
    return capacity;
  }
}
