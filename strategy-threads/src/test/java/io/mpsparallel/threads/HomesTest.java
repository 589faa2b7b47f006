package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class HomesTest {
  private final Homes homes = new Homes();

  @Test
  void thread_keepsItsLane() {
    int first = homes.ofThisThread(4);

    assertThat(first).isBetween(0, 3);
    assertThat(homes.ofThisThread(4)).isEqualTo(first);
  }

  @Test
  void threads_asManyAsLanes_haveOneEach() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    List<Integer> lanes = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      lanes.add(onThread(threads, () -> homes.ofThisThread(3), end));
    }

    assertThat(lanes).containsExactlyInAnyOrder(0, 1, 2);
    assertThat(homes.ofThisThread(3)).isEqualTo(IdleLanes.NONE);
    end.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(homes.ofThisThread(3)).isBetween(0, 2);
  }

  @Test
  void lanes_thatBecameFewer_takeHomesAway() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    onThread(threads, () -> homes.ofThisThread(2), end);

    assertThat(homes.ofThisThread(2)).isEqualTo(1);
    assertThat(homes.ofThisThread(1)).isEqualTo(IdleLanes.NONE);
    assertThat(homes.ofThisThread(2)).isEqualTo(1);
    end.countDown();
    threads.get(0).join();
  }

  /** Runs it on a thread that goes on living until the end. */
  private static int onThread(List<Thread> threads, Callable<Integer> task, CountDownLatch end)
      throws Exception {
    FutureTask<Integer> asked = new FutureTask<>(task);
    Thread thread =
        new Thread(
            () -> {
              asked.run();
              try {
                end.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    thread.start();
    threads.add(thread);
    return asked.get();
  }
}
