package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class NativeHandleTest {
  private final AtomicInteger frees = new AtomicInteger();

  private NativeHandle handle(Duration timeout) {
    return new NativeHandle("model x", timeout, frees::incrementAndGet);
  }

  @Test
  void close_unused_freesOnce() {
    NativeHandle handle = handle(Duration.ofSeconds(30));
    handle.acquire();
    handle.release();
    assertThat(frees).hasValue(0);

    assertThat(handle.close()).isTrue();
    assertThat(handle.close()).isTrue();

    assertThat(frees).hasValue(1);
    assertThat(handle.isClosed()).isTrue();
  }

  @Test
  void acquire_afterClose_saysWhatIsClosed() {
    NativeHandle handle = handle(Duration.ofSeconds(30));
    handle.close();
    assertFails(ErrorCode.CLOSED, handle::acquire).contains("model x");
    assertFails(ErrorCode.CLOSED, handle::acquire);
    assertThat(frees).hasValue(1);
  }

  @Test
  @Timeout(
      value = 60,
      threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // without the rule it would wait for itself
  void close_insideOwnUse_leavesFreeingToRelease() {
    NativeHandle handle = handle(Duration.ofDays(1));
    handle.acquire();
    assertThat(handle.close()).isFalse();
    assertThat(frees).hasValue(0);
    handle.release();
    assertThat(frees).hasValue(1);
    assertThat(handle.close()).isTrue();
  }

  @Test
  void close_othersUse_waitsForIt() throws Exception {
    NativeHandle handle = handle(Duration.ofDays(1));
    handle.acquire();
    AtomicBoolean closed = new AtomicBoolean();
    Thread closer = new Thread(() -> closed.set(handle.close()));
    closer.start();
    Crowd.untilWaiting(closer);
    assertThat(frees).hasValue(0);
    assertFails(ErrorCode.CLOSED, handle::acquire);

    handle.release();
    closer.join();

    assertThat(closed).isTrue();
    assertThat(frees).hasValue(1);
  }

  @Test
  void close_timedOut_lastReleaseFrees() throws Exception {
    NativeHandle handle = handle(Duration.ofMillis(1));
    CountDownLatch used = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Thread user =
        new Thread(
            () -> {
              handle.acquire();
              used.countDown();
              try {
                end.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              handle.release();
            });
    user.start();
    used.await();

    assertThat(handle.close()).isFalse();
    assertThat(frees).hasValue(0);
    end.countDown();
    user.join();
    assertThat(frees).hasValue(1);
  }

  @Test
  void close_interrupted_keepsFlagAndWaits() throws Exception {
    NativeHandle handle = handle(Duration.ofDays(1));
    handle.acquire();
    AtomicBoolean flag = new AtomicBoolean();
    Thread closer =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              handle.close();
              flag.set(Thread.currentThread().isInterrupted());
            });
    closer.start();
    Crowd.untilWaiting(closer);
    handle.release();
    closer.join();
    assertThat(flag).isTrue();
    assertThat(frees).hasValue(1);
  }

  @Test
  void use_racingClose_neverOfFreedMemory() throws Exception {
    for (int round = 0; round < 200; round++) {
      AtomicBoolean freed = new AtomicBoolean();
      AtomicInteger count = new AtomicInteger();
      NativeHandle handle =
          new NativeHandle(
              "x",
              Duration.ofSeconds(30),
              () -> {
                freed.set(true);
                count.incrementAndGet();
              });
      List<Boolean> sawFreed =
          Crowd.run(
              4,
              number -> {
                boolean bad = false;
                for (int i = 0; i < 50; i++) {
                  if (number == 0 && i == 10) {
                    handle.close();
                  }
                  try {
                    handle.acquire();
                  } catch (RuntimeException closed) {
                    continue;
                  }
                  bad |= freed.get();
                  handle.release();
                }
                return bad;
              });
      assertThat(sawFreed).doesNotContain(true);
      assertThat(count).hasValue(1);
    }
  }
}
