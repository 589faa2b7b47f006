package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BufferPoolTest {
  private static final long PLENTY = 1L << 30;

  /** Counts what it gave, and has no more than a limit. */
  private static final class Source implements MemorySource {
    final Set<ByteBuffer> live =
        Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
    final AtomicLong bytes = new AtomicLong();
    final AtomicInteger allocations = new AtomicInteger();
    volatile long limit = Long.MAX_VALUE;
    volatile Runnable refused = () -> {};

    @Override
    public ByteBuffer allocate(int size) {
      if (bytes.addAndGet(size) > limit) {
        bytes.addAndGet(-size);
        refused.run();
        throw new OutOfMemoryError("scripted");
      }
      allocations.incrementAndGet();
      ByteBuffer memory = ByteBuffer.allocate(size);
      live.add(memory);
      return memory;
    }

    @Override
    public void free(ByteBuffer memory) {
      assertThat(live.remove(memory)).as("freed once, and the very object").isTrue();
      bytes.addAndGet(-memory.capacity());
    }
  }

  private final Source source = new Source();
  private final Set<Integer> busy = ConcurrentHashMap.newKeySet();
  private final AtomicInteger synchronizations = new AtomicInteger();

  private BufferPool pool(long maxBytes) {
    return new BufferPool(
        source,
        maxBytes,
        stream -> !busy.contains(stream),
        () -> {
          synchronizations.incrementAndGet();
          busy.clear();
        });
  }

  @Test
  void acquire_anySize_viewsExactlyThatInNativeOrder() {
    BufferPool pool = pool(PLENTY);
    for (int bytes : new int[] {0, 1, 512, 513, 4096, 5000, 1_000_003}) {
      Block block = pool.acquire(bytes, 3);
      assertThat(block.buffer().capacity()).isEqualTo(bytes);
      assertThat(block.buffer().order()).isEqualTo(ByteOrder.nativeOrder());
      assertThat(block.capacity()).isGreaterThanOrEqualTo(bytes);
      assertThat(block.owner()).isEqualTo(3);
      block.release();
    }
    assertFails(ErrorCode.MISUSE, () -> pool.acquire(-1, 0)).contains("-1");
  }

  @Test
  void acquire_afterRelease_reusesMemoryOfThatSize() {
    BufferPool pool = pool(PLENTY);
    Block first = pool.acquire(600, 1);
    first.buffer().putInt(0, 42).position(8);
    first.release();
    Block second = pool.acquire(640, 2);
    assertThat(second.buffer().getInt(0)).isEqualTo(42);
    assertThat(second.buffer().position()).isZero();
    assertThat(source.allocations).hasValue(1);
    pool.acquire(641, 1);
    assertThat(source.allocations).hasValue(2);
  }

  @Test
  void bytes_throughACycle_addUp() {
    BufferPool pool = pool(PLENTY);
    Block a = pool.acquire(512, 1);
    Block b = pool.acquire(1024, 1);
    assertThat(pool.usedBytes()).isEqualTo(1536);
    assertThat(pool.cachedBytes()).isZero();
    a.release();
    assertThat(pool.usedBytes()).isEqualTo(1024);
    assertThat(pool.cachedBytes()).isEqualTo(512);
    busy.add(1);
    b.release();
    assertThat(pool.usedBytes()).isZero();
    assertThat(pool.cachedBytes()).isEqualTo(1536);
    pool.releaseCache();
    assertThat(pool.cachedBytes()).isZero();
    assertThat(source.live).isEmpty();
  }

  @Test
  void release_twice_isHarmless() {
    BufferPool pool = pool(PLENTY);
    Block block = pool.acquire(512, 1);
    block.release();
    block.release();
    assertThat(pool.cachedBytes()).isEqualTo(512);
    assertFails(ErrorCode.CLOSED, block::buffer);
    Block one = pool.acquire(512, 1);
    block.release();
    Block two = pool.acquire(512, 1);
    one.buffer().putInt(0, 1);
    two.buffer().putInt(0, 2);
    assertThat(one.buffer().getInt(0)).isEqualTo(1);
  }

  @Test
  void release_streamBusy_isReusedOnlyWhenIdle() {
    BufferPool pool = pool(PLENTY);
    Block block = pool.acquire(512, 7);
    block.buffer().putInt(0, 99);
    busy.add(7);
    block.release();
    pool.acquire(512, 1);
    assertThat(source.allocations).hasValue(2);
    busy.clear();
    pool.reclaim();
    assertThat(pool.acquire(512, 1).buffer().getInt(0)).isEqualTo(99);
    assertThat(source.allocations).hasValue(2);
  }

  /** A lane with several requests in flight has a stream that is never idle. */
  @Test
  void releasePassed_streamBusy_isReusedAtOnce() {
    BufferPool pool = pool(PLENTY);
    LaneCache lane = pool.laneCache();
    busy.add(7);
    for (int i = 0; i < 100; i++) {
      Block direct = pool.acquire(512, 7);
      Block cached = lane.acquire(4096, 7);
      direct.releasePassed();
      cached.releasePassed();
      cached.releasePassed();
    }
    assertThat(source.allocations).hasValue(2);
    assertThat(pool.usedBytes()).isZero();
  }

  @Test
  void release_moreThanMax_isFreedAtOnce() {
    BufferPool pool = pool(4096);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      blocks.add(pool.acquire(512, 1));
    }
    blocks.forEach(Block::release);
    assertThat(pool.cachedBytes()).isBetween(4096L * 7 / 8, 4096L);
    assertThat(source.bytes).hasValue(pool.cachedBytes());
    pool.acquire(8192, 1).release();
    assertThat(source.bytes).hasValue(pool.cachedBytes());
    assertThat(pool.cachedBytes()).isLessThanOrEqualTo(4096);
  }

  @Test
  void release_moreThanMaxByManyThreads_boundHolds() throws Exception {
    BufferPool pool = pool(4096);
    Crowd.run(
        16,
        n -> {
          for (int i = 0; i < 100; i++) {
            Block a = pool.acquire(512, n);
            Block b = pool.acquire(1024, n);
            a.release();
            b.release();
          }
          return n;
        });
    assertThat(pool.usedBytes()).isZero();
    assertThat(pool.cachedBytes()).isLessThanOrEqualTo(4096).isEqualTo(source.bytes.get());
  }

  @Test
  void acquire_outOfMemory_reclaimsPendingFirst() {
    BufferPool pool = pool(PLENTY);
    Block block = pool.acquire(512, 1);
    busy.add(1);
    block.release();
    source.limit = 512;
    source.refused = busy::clear; // the stream becomes idle too late for the first look
    pool.acquire(512, 1);
    assertThat(synchronizations).hasValue(0);
  }

  @Test
  void acquire_outOfMemory_releasesTheCacheAndRetries() {
    BufferPool pool = pool(PLENTY);
    Block big = pool.acquire(4096, 1);
    busy.add(1);
    big.release();
    pool.acquire(2048, 2).release();
    source.limit = 8192;
    Block whole = pool.acquire(8192, 3);
    assertThat(whole.capacity()).isEqualTo(8192);
    assertThat(synchronizations).hasValue(1);
  }

  @Test
  void acquire_nothingLeft_isOutOfMemoryWithFigures() {
    BufferPool pool = pool(PLENTY);
    Block held = pool.acquire(4096, 1);
    source.limit = 4096;
    assertFails(ErrorCode.OUT_OF_MEMORY, () -> pool.acquire(100_000, 1))
        .contains("114688 bytes wanted", "4096 in use", "0 cached");
    held.release();
    assertThat(pool.acquire(4096, 1).capacity()).isEqualTo(4096);
  }

  @Test
  void acquire_sourceFailsOtherwise_passesTheErrorOn() {
    for (ErrorCode code : List.of(ErrorCode.OUT_OF_MEMORY, ErrorCode.DEVICE_FAILED)) {
      BufferPool pool =
          new BufferPool(
              new MemorySource() {
                @Override
                public ByteBuffer allocate(int bytes) {
                  throw new InferenceException(code, "pinned");
                }

                @Override
                public void free(ByteBuffer memory) {}
              },
              PLENTY,
              stream -> true,
              synchronizations::incrementAndGet);
      assertFails(code, () -> pool.acquire(1, 1));
    }
    assertThat(synchronizations).hasValue(1);
  }

  @Test
  void releaseCache_synchronizeFails_freesNothing() {
    BufferPool pool =
        new BufferPool(
            source,
            PLENTY,
            stream -> !busy.contains(stream),
            () -> {
              throw new IllegalStateException("hangs");
            });
    Block block = pool.acquire(512, 1);
    busy.add(1);
    block.release();
    assertThatThrownBy(pool::releaseCache).hasMessage("hangs");
    assertThat(source.live).hasSize(1);
    assertThat(pool.cachedBytes()).isEqualTo(512);
    busy.clear();
    pool.acquire(512, 1);
    assertThat(source.allocations).hasValue(1);
  }

  @Test
  void laneCache_ownThread_keepsFourOfASize() {
    BufferPool pool = pool(PLENTY);
    LaneCache lane = pool.laneCache();
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      blocks.add(lane.acquire(512, 1));
    }
    assertThat(pool.usedBytes()).isEqualTo(6 * 512);
    blocks.forEach(Block::release);
    assertThat(lane.cachedBytes()).isEqualTo(4 * 512);
    assertThat(pool.cachedBytes()).isEqualTo(6 * 512);
    assertThat(pool.usedBytes()).isZero();
    for (int i = 0; i < 6; i++) {
      lane.acquire(512, 1);
    }
    assertThat(source.allocations).hasValue(6);
    assertThat(pool.cachedBytes()).isZero();
    assertThat(pool.usedBytes()).isEqualTo(6 * 512);
  }

  @Test
  void laneCache_close_givesBlocksToThePool() {
    BufferPool pool = pool(PLENTY);
    LaneCache lane = pool.laneCache();
    Block held = lane.acquire(512, 1);
    lane.acquire(1024, 1).release();
    lane.close();
    lane.close();
    assertThat(lane.cachedBytes()).isZero();
    assertThat(pool.cachedBytes()).isEqualTo(1024);
    assertThat(pool.usedBytes()).isEqualTo(512);
    held.release();
    assertThat(pool.usedBytes()).isZero();
    assertThat(lane.acquire(1024, 1).capacity()).isEqualTo(1024);
    assertThat(source.allocations).hasValue(2);
  }

  @Test
  void laneCache_releasedByAnotherThread_goesToThePool() throws Exception {
    BufferPool pool = pool(PLENTY);
    LaneCache lane = pool.laneCache();
    Block block = lane.acquire(512, 1);
    Crowd.run(
        1,
        n -> {
          block.release();
          return n;
        });
    assertThat(lane.cachedBytes()).isZero();
    assertThat(pool.cachedBytes()).isEqualTo(512);
    assertThat(pool.usedBytes()).isZero();
  }

  @Test
  void laneCache_streamBusyOrTooLarge_leavesItToThePool() {
    BufferPool pool = pool(PLENTY);
    LaneCache lane = pool.laneCache();
    lane.acquire(2 << 20, 1).release();
    Block block = lane.acquire(512, 1);
    busy.add(1);
    block.release();
    assertThat(lane.cachedBytes()).isZero();
    assertThat(pool.cachedBytes()).isEqualTo((2 << 20) + 512);
  }

  @Test
  void laneCache_cacheReleased_isEmptiedAtItsNextUse() {
    BufferPool pool = pool(PLENTY);
    LaneCache lane = pool.laneCache();
    lane.acquire(512, 1).release();
    lane.acquire(1024, 1).release();
    pool.releaseCache();
    lane.acquire(2048, 1);
    assertThat(source.live).hasSize(1);
    assertThat(pool.usedBytes()).isEqualTo(2048);
    assertThat(pool.cachedBytes()).isZero();
  }

  @Test
  void laneCache_outOfMemory_givesItsOwnBlocksUp() {
    BufferPool pool = pool(PLENTY);
    LaneCache lane = pool.laneCache();
    lane.acquire(4096, 1).release();
    source.limit = 8192;
    assertThat(lane.acquire(8192, 1).capacity()).isEqualTo(8192);
    assertThat(source.live).hasSize(1);
  }

  @Test
  void close_blocksOut_areFreedAtTheirRelease() {
    BufferPool pool = pool(PLENTY);
    LaneCache lane = pool.laneCache();
    Block held = pool.acquire(512, 1);
    Block laneHeld = lane.acquire(512, 1);
    pool.acquire(1024, 1).release();
    pool.close();
    pool.close();
    assertThat(source.live).hasSize(2);
    held.release();
    laneHeld.release();
    lane.close();
    assertThat(source.live).isEmpty();
    assertThat(pool.cachedBytes()).isZero();
    assertFails(ErrorCode.CLOSED, () -> pool.acquire(1, 1));
    assertFails(ErrorCode.CLOSED, () -> lane.acquire(1, 1));
  }

  @Test
  void acquire_sixteenThreadsTimesHundredOnTwoBuffers_neverShares() throws Exception {
    BufferPool pool = pool(PLENTY);
    pool.acquire(512, 0).release();
    pool.acquire(512, 0).release();
    stress(pool, false);
  }

  @Test
  void laneCache_sixteenThreadsHandingOver_neverShares() throws Exception {
    stress(pool(PLENTY), true);
  }

  /** Each thread holds two blocks, marks them, and lets another thread release one of them. */
  private void stress(BufferPool pool, boolean lanes) throws Exception {
    ConcurrentHashMap<Integer, Block> handedOver = new ConcurrentHashMap<>();
    List<Integer> clashes =
        Crowd.run(
            16,
            n -> {
              LaneCache lane = lanes ? pool.laneCache() : null;
              int bad = 0;
              for (int i = 0; i < 100; i++) {
                Block a = lane == null ? pool.acquire(512, n) : lane.acquire(512, n);
                Block b = lane == null ? pool.acquire(512, n) : lane.acquire(512, n);
                a.buffer().putInt(0, n * 1000 + i);
                b.buffer().putInt(0, -n * 1000 - i);
                Thread.onSpinWait();
                if (i % 10 == n % 10) {
                  busy.add(n);
                }
                if (i % 31 == n) {
                  pool.releaseCache();
                }
                bad += a.buffer().getInt(0) == n * 1000 + i ? 0 : 1;
                bad += b.buffer().getInt(0) == -n * 1000 - i ? 0 : 1;
                a.release();
                Block other = handedOver.put(n % 4, b);
                if (other != null) {
                  other.release();
                }
                busy.remove(n);
              }
              if (lane != null) {
                lane.close();
              }
              return bad;
            });
    assertThat(clashes).containsOnly(0);
    handedOver.values().forEach(Block::release);
    assertThat(pool.usedBytes()).isZero();
    assertThat(pool.cachedBytes()).isEqualTo(source.bytes.get());
    pool.close();
    assertThat(source.live).isEmpty();
  }
}
