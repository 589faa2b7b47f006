package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.mps.StreamPool.Lease;
import io.mpsparallel.settings.StreamSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class StreamPoolTest {
  private final AtomicIntegerArray creations = new AtomicIntegerArray(1100);
  private final AtomicInteger drains = new AtomicInteger();
  private final Set<String> destroyed = ConcurrentHashMap.newKeySet();

  private StreamPool<String> pool(int capacity, Duration patience) {
    return new StreamPool<>(
        "fake",
        capacity,
        patience,
        index -> {
          creations.incrementAndGet(index);
          return "s" + index;
        },
        stream -> drains.incrementAndGet());
  }

  @Test
  void acquire_upToCapacity_givesEachIndexOnce() {
    for (int capacity : new int[] {1, 2, 7, 8, 31, 64, 65, 512, 513, 1024}) {
      StreamPool<String> pool = pool(capacity, Duration.ZERO);
      Set<Integer> indices = new HashSet<>();
      for (int i = 0; i < capacity; i++) {
        Lease<String> lease = pool.acquire();
        assertThat(lease.stream()).isEqualTo("s" + lease.index());
        indices.add(lease.index());
      }
      assertThat(indices).hasSize(capacity).allMatch(i -> i >= 1 && i <= capacity);
      assertThat(pool.inUse()).isEqualTo(capacity);
      assertFails(ErrorCode.STREAMS_EXHAUSTED, pool::acquire);
    }
  }

  @Test
  void acquire_exhausted_saysFiguresAndNextStep() {
    StreamPool<String> pool = pool(2, Duration.ZERO);
    pool.acquire();
    pool.acquire();
    assertFails(ErrorCode.STREAMS_EXHAUSTED, pool::acquire)
        .contains("fake", "2 in use", "capacity 2", "streams.when-exhausted");
  }

  @Test
  void acquire_recycledStream_isDrainedNotCreated() {
    StreamPool<String> pool = pool(1, Duration.ZERO);
    pool.acquire().release();
    assertThat(drains).hasValue(0);
    pool.acquire();
    assertThat(drains).hasValue(1);
    assertThat(creations.get(1)).isEqualTo(1);
  }

  @Test
  void release_twice_isHarmlessAndCounted() {
    StreamPool<String> pool = pool(1, Duration.ZERO);
    Lease<String> first = pool.acquire();
    assertThat(first.release()).isTrue();
    Lease<String> second = pool.acquire();
    assertThat(second.index()).isEqualTo(first.index());

    assertThat(first.release()).isFalse();

    assertThat(pool.doubleReleases()).isEqualTo(1);
    assertThat(pool.inUse()).isEqualTo(1);
    assertFails(ErrorCode.STREAMS_EXHAUSTED, pool::acquire);
  }

  @Test
  void defaultStream_sharedByThreads_isCreatedOnce() throws Exception {
    StreamPool<String> pool = pool(1, Duration.ZERO);
    assertThat(pool.created()).isEmpty();
    assertThat(Crowd.run(16, n -> pool.defaultStream())).containsOnly("s0");
    assertThat(creations.get(0)).isEqualTo(1);
    assertThat(pool.inUse()).isZero();
    assertThat(pool.acquire().index()).isEqualTo(1);
    assertThat(pool.created()).containsExactly("s0", "s1");
  }

  @Test
  void at_knownIndex_isTheStreamElseMisuse() {
    StreamPool<String> pool = pool(3, Duration.ZERO);
    Lease<String> lease = pool.acquire();
    assertThat(pool.at(lease.index())).isSameAs(lease.stream());
    lease.release();
    assertThat(pool.at(lease.index())).isSameAs(lease.stream());
    assertFails(ErrorCode.MISUSE, () -> pool.at(0)).contains("not created");
    assertFails(ErrorCode.MISUSE, () -> pool.at(4)).contains("0..3");
    assertFails(ErrorCode.MISUSE, () -> pool.at(-1)).contains("0..3");
  }

  @Test
  void acquire_createThrows_givesTheSlotBack() {
    AtomicBoolean broken = new AtomicBoolean(true);
    StreamPool<String> pool =
        new StreamPool<>(
            "fake",
            1,
            Duration.ZERO,
            index -> {
              if (broken.get()) {
                throw new IllegalStateException("no queue");
              }
              return "ok";
            },
            stream -> {});
    assertThatThrownBy(pool::acquire).hasMessage("no queue");
    assertThatThrownBy(pool::defaultStream).hasMessage("no queue");
    assertThat(pool.inUse()).isZero();
    broken.set(false);
    assertThat(pool.acquire().stream()).isEqualTo("ok");
    assertThat(pool.defaultStream()).isEqualTo("ok");
  }

  @Test
  void acquire_drainThrows_givesTheSlotBackToBeDrainedAgain() {
    AtomicInteger failures = new AtomicInteger(1);
    AtomicInteger drained = new AtomicInteger();
    StreamPool<String> pool =
        new StreamPool<>(
            "fake",
            1,
            Duration.ZERO,
            index -> "s",
            stream -> {
              if (failures.getAndDecrement() > 0) {
                throw new IllegalStateException("stuck");
              }
              drained.incrementAndGet();
            });
    pool.acquire().release();
    assertThatThrownBy(pool::acquire).hasMessage("stuck");
    pool.acquire();
    assertThat(drained).hasValue(1);
  }

  @Test
  void acquire_fortyThreadsFailAtOnce_thirtyOneServed() throws Exception {
    StreamPool<String> pool = pool(31, Duration.ZERO);
    List<Boolean> served =
        Crowd.run(
            40,
            n -> {
              try {
                pool.acquire();
                return true;
              } catch (InferenceException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.STREAMS_EXHAUSTED);
                return false;
              }
            });
    assertThat(served).filteredOn(s -> s).hasSize(31);
    assertThat(pool.highWater()).isEqualTo(31);
    assertThat(pool.created()).hasSize(31).doesNotHaveDuplicates();
  }

  @Test
  void acquire_fortyThreadsWaitForever_allServed() throws Exception {
    StreamPool<String> pool = pool(31, StreamSettings.FOREVER);
    CyclicBarrier full = new CyclicBarrier(31);
    AtomicInteger order = new AtomicInteger();
    List<Boolean> served =
        Crowd.run(
            40,
            n -> {
              Lease<String> lease = pool.acquire();
              if (order.getAndIncrement() < 31) {
                full.await(); // all slots are held at once, by the first 31
              }
              return lease.release();
            });
    assertThat(served).hasSize(40).containsOnly(true);
    assertThat(pool.inUse()).isZero();
    assertThat(pool.highWater()).isEqualTo(31);
  }

  @Test
  void acquire_fortyThreadsWaitALittle_nineFailAfterIt() throws Exception {
    StreamPool<String> pool = pool(31, Duration.ofMillis(30));
    List<Long> waits =
        Crowd.run(
            40,
            n -> {
              long start = System.nanoTime();
              try {
                pool.acquire();
                return -1L;
              } catch (InferenceException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.STREAMS_EXHAUSTED);
                return System.nanoTime() - start;
              }
            });
    assertThat(waits).filteredOn(w -> w < 0).hasSize(31);
    assertThat(waits)
        .filteredOn(w -> w >= 0)
        .hasSize(9)
        .allMatch(w -> w >= Duration.ofMillis(30).toNanos());
  }

  @Test
  void acquire_twoWavesOfThirtyUnlimited_sixtyServed() throws Exception {
    StreamPool<String> pool = pool(30, StreamSettings.FOREVER);
    CountDownLatch firstWaveHolds = new CountDownLatch(30);
    AtomicInteger waiting = new AtomicInteger();
    List<Boolean> served =
        Crowd.run(
            60,
            n -> {
              if (n >= 30) {
                firstWaveHolds.await();
                waiting.incrementAndGet();
                return pool.acquire().release();
              }
              Lease<String> lease = pool.acquire();
              firstWaveHolds.countDown();
              Crowd.until(() -> waiting.get() == 30);
              return lease.release();
            });
    assertThat(served).hasSize(60).containsOnly(true);
    assertThat(pool.highWater()).isEqualTo(30);
  }

  @Test
  void acquire_waiting_isServedWhenASlotFrees() throws Exception {
    StreamPool<String> pool = pool(1, StreamSettings.FOREVER);
    Lease<String> held = pool.acquire();
    AtomicReference<Lease<String>> got = new AtomicReference<>();
    Thread waiter = new Thread(() -> got.set(pool.acquire()));
    waiter.start();
    Crowd.untilWaiting(waiter);
    held.release();
    waiter.join();
    assertThat(got.get().stream()).isEqualTo("s1");
  }

  @Test
  void acquire_interruptedWhileWaiting_isCancelledWithFlag() throws Exception {
    StreamPool<String> pool = pool(1, StreamSettings.FOREVER);
    Lease<String> held = pool.acquire();
    AtomicReference<ErrorCode> code = new AtomicReference<>();
    AtomicBoolean flag = new AtomicBoolean();
    Thread waiter =
        new Thread(
            () -> {
              try {
                pool.acquire();
              } catch (InferenceException e) {
                code.set(e.code());
                flag.set(Thread.currentThread().isInterrupted());
              }
            });
    waiter.start();
    Crowd.untilWaiting(waiter);
    waiter.interrupt();
    waiter.join();
    assertThat(code).hasValue(ErrorCode.CANCELLED);
    assertThat(flag).isTrue();
    held.release();
    assertThat(pool.acquire().index()).isEqualTo(1);
  }

  @Test
  void acquire_thirtyOneThreadsTimesHundred_neverSharesAStream() throws Exception {
    StreamPool<String> pool = pool(16, StreamSettings.FOREVER);
    AtomicIntegerArray owners = new AtomicIntegerArray(17);
    List<Integer> done =
        Crowd.run(
            31,
            n -> {
              int good = 0;
              for (int i = 0; i < 100; i++) {
                Lease<String> lease = pool.acquire();
                if (owners.incrementAndGet(lease.index()) == 1) {
                  good++;
                }
                Thread.onSpinWait();
                owners.decrementAndGet(lease.index());
                lease.release();
              }
              return good;
            });
    assertThat(done).containsOnly(100);
    assertThat(pool.inUse()).isZero();
    assertThat(pool.highWater()).isLessThanOrEqualTo(16);
    for (int i = 1; i <= 16; i++) {
      assertThat(creations.get(i)).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void acquire_churnOfThreads_createsNoMoreThanCapacity() throws Exception {
    StreamPool<String> pool = pool(31, StreamSettings.FOREVER);
    for (int i = 0; i < 50; i++) {
      Thread thread = new Thread(() -> pool.acquire().release());
      thread.start();
      thread.join();
    }
    for (int wave = 0; wave < 4; wave++) {
      assertThat(Crowd.run(20, n -> pool.acquire().release())).containsOnly(true);
    }
    for (int i = 0; i < 200; i++) {
      pool.acquire().release();
    }
    assertThat(pool.inUse()).isZero();
    assertThat(pool.created().size()).isLessThanOrEqualTo(31);
    assertThat(drains.get()).isEqualTo(50 + 80 + 200 - pool.created().size());
  }

  @Test
  void close_leasedStreams_areDestroyedAtTheirRelease() {
    StreamPool<String> pool = pool(2, Duration.ZERO);
    pool.defaultStream();
    Lease<String> one = pool.acquire();
    Lease<String> two = pool.acquire();
    one.release();
    pool.close(destroyed::add);
    assertThat(destroyed).containsExactlyInAnyOrder("s0", one.stream());
    two.release();
    assertThat(destroyed).containsExactlyInAnyOrder("s0", one.stream(), two.stream());
    pool.close(destroyed::add);
    assertThat(pool.created()).isEmpty();
    assertFails(ErrorCode.CLOSED, pool::acquire);
    assertFails(ErrorCode.CLOSED, pool::defaultStream);
  }

  @Test
  void close_oneDestroyFails_othersAreDestroyed() {
    StreamPool<String> pool = pool(2, Duration.ZERO);
    List<Lease<String>> leases = new ArrayList<>(List.of(pool.acquire(), pool.acquire()));
    leases.forEach(Lease::release);
    pool.defaultStream();
    assertThatThrownBy(
            () ->
                pool.close(
                    stream -> {
                      destroyed.add(stream);
                      throw new IllegalStateException("lost " + stream);
                    }))
        .hasMessage("lost s0");
    assertThat(destroyed).containsExactlyInAnyOrder("s0", "s1", "s2");
  }

  @Test
  void close_waiters_failClosed() throws Exception {
    StreamPool<String> pool = pool(1, StreamSettings.FOREVER);
    pool.acquire();
    AtomicReference<ErrorCode> code = new AtomicReference<>();
    List<Thread> waiters = new ArrayList<>();
    AtomicInteger failed = new AtomicInteger();
    for (int i = 0; i < 5; i++) {
      Thread waiter =
          new Thread(
              () -> {
                try {
                  pool.acquire();
                } catch (InferenceException e) {
                  code.set(e.code());
                  failed.incrementAndGet();
                }
              });
      waiter.start();
      waiters.add(waiter);
    }
    waiters.forEach(Crowd::untilWaiting);
    pool.close(destroyed::add);
    for (Thread waiter : waiters) {
      waiter.join();
    }
    assertThat(failed).hasValue(5);
    assertThat(code).hasValue(ErrorCode.CLOSED);
  }
}
