package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class EncodeGateTest {
  private static int most(EncodeGate gate, int threads, int key) throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Crowd.run(
        threads,
        n -> {
          for (int i = 0; i < 50; i++) {
            gate.enter(key);
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            LockSupport.parkNanos(20_000);
            inside.decrementAndGet();
            gate.exit(key);
          }
          return n;
        });
    return most.get();
  }

  @Test
  void enter_eightThreadsWidthOne_letsOneInAtATime() throws Exception {
    assertThat(most(new EncodeGate("mps", 1, 1), 8, 5)).isEqualTo(1);
  }

  @Test
  void enter_eightThreadsWidthThree_letsThreeIn() throws Exception {
    assertThat(most(new EncodeGate("mps", 3, 4), 8, 5)).isBetween(2, 3);
  }

  @Test
  void enter_heldWhileOthersCome_givesWaitersTheirTurn() throws Exception {
    EncodeGate gate = new EncodeGate("mps", 1, 1);
    AtomicBoolean stop = new AtomicBoolean();
    List<Integer> entries =
        Crowd.run(
            8,
            n -> {
              if (n > 0) { // seven that come 50 times, and one that hardly ever leaves
                for (int i = 0; i < 50; i++) {
                  gate.enter(0);
                  gate.exit(0);
                }
                return 50;
              }
              int count = 0;
              while (!stop.get() && count < 100_000) {
                gate.enter(0);
                LockSupport.parkNanos(1_000);
                gate.exit(0);
                count++;
                stop.set(count > 2_000);
              }
              return count;
            });
    assertThat(entries).allMatch(count -> count >= 50);
  }

  @Test
  void enter_otherStripe_isNotHeldUp() throws Exception {
    EncodeGate gate = new EncodeGate("mps", 1, 8);
    int other = 1;
    while (gate.stripeOf(other) == gate.stripeOf(0)) {
      other++;
    }
    int key = other;
    gate.enter(0);
    Thread thread =
        new Thread(
            () -> {
              gate.enter(key);
              gate.exit(key);
            });
    thread.start();
    thread.join();
    gate.exit(0);
  }

  @Test
  void stripeOf_multiplesOfEight_useEveryStripe() {
    EncodeGate gate = new EncodeGate("mps", 1, 8);
    int[] counts = new int[8];
    for (int i = 0; i < 8_000; i++) {
      counts[gate.stripeOf(i * 8)]++;
    }
    for (int count : counts) {
      assertThat(count).isBetween(700, 1_300);
    }
  }

  @Test
  void place_anyKey_isInRange() {
    Set<Integer> places = new HashSet<>();
    for (int key : new int[] {Integer.MIN_VALUE, -1, 0, 1, Integer.MAX_VALUE, 12345}) {
      for (int n = 1; n < 40; n++) {
        assertThat(Spread.place(key, n)).isBetween(0, n - 1);
        places.add(Spread.place(key, n));
      }
    }
    assertThat(places).hasSizeGreaterThan(10);
  }

  @Test
  void heldByCurrentThread_inside_isTrueForThatThreadOnly() throws Exception {
    EncodeGate gate = new EncodeGate("mps", 1, 2);
    assertThat(gate.heldByCurrentThread()).isFalse();
    gate.checkNotHeld("test");
    gate.enter(3);
    assertThat(gate.heldByCurrentThread()).isTrue();
    assertThat(Crowd.run(1, n -> gate.heldByCurrentThread())).containsExactly(false);
    assertFails(ErrorCode.MISUSE, () -> gate.checkNotHeld("event await"))
        .contains("while holding the encode gate of mps", "event await");
    gate.exit(3);
    assertThat(gate.heldByCurrentThread()).isFalse();
    gate.checkNotHeld("test");
  }

  @Test
  void enter_twiceByOneThread_isMisuseAndNoDeadlock() {
    EncodeGate gate = new EncodeGate("mps", 1, 1);
    gate.enter(0);
    assertFails(ErrorCode.MISUSE, () -> gate.enter(0)).contains("twice");
    gate.exit(0);
    gate.enter(0);
    gate.exit(0);
  }

  @Test
  void exit_notEntered_isMisuseAndOpensNothing() throws Exception {
    EncodeGate gate = new EncodeGate("mps", 1, 1);
    assertFails(ErrorCode.MISUSE, () -> gate.exit(0));
    assertThat(most(gate, 4, 0)).isEqualTo(1);
  }

  @Test
  void enter_interrupted_waitsAndKeepsTheFlag() throws Exception {
    EncodeGate gate = new EncodeGate("mps", 1, 1);
    gate.enter(0);
    AtomicBoolean flag = new AtomicBoolean();
    Thread thread =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              gate.enter(0);
              flag.set(Thread.currentThread().isInterrupted());
              gate.exit(0);
            });
    thread.start();
    Crowd.untilWaiting(thread);
    assertThat(flag).isFalse();
    gate.exit(0);
    thread.join();
    assertThat(flag).isTrue();
  }

  @Test
  void unlimited_anyUse_isNeverHeld() {
    EncodeGate gate = EncodeGate.unlimited();
    gate.enter(0);
    gate.enter(0);
    assertThat(gate.heldByCurrentThread()).isFalse();
    gate.checkNotHeld("anything");
    gate.exit(0);
    gate.exit(0);
  }

  @Test
  void processWide_sameType_isOneGateOfTheFirstSize() {
    EncodeGate first = EncodeGate.processWide("testgpu:0", 2, 4);
    assertThat(EncodeGate.processWide("testgpu:1", 2, 4)).isSameAs(first);
    assertThat(EncodeGate.processWide("testgpu", 8, 1)).isSameAs(first);
    assertThat(EncodeGate.processWide("othergpu", 2, 4)).isNotSameAs(first);
  }

  @Test
  void newGate_badSize_isRejected() {
    assertFails(ErrorCode.CONFIG_INVALID, () -> new EncodeGate("mps", 0, 1)).contains("width: 0");
    assertFails(ErrorCode.CONFIG_INVALID, () -> new EncodeGate("mps", 1, 0)).contains("stripes: 0");
  }
}
