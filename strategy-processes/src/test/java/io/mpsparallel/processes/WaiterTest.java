package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No wake-up is lost, whoever looks for how long. */
@Timeout(120)
class WaiterTest {
  private static final int ROUNDS = 30_000;

  /** Looks for a number of times that changes, so that all interleavings come up. */
  private static final class Fickle implements Waiter.Look {
    private int state = 1;

    @Override
    public boolean await(BooleanSupplier there) {
      state = state * 1_103_515_245 + 12_345;
      for (int i = (state >>> 16) % 200; i > 0; i--) {
        if (there.getAsBoolean()) {
          return true;
        }
      }
      return false;
    }
  }

  private static void pingPong(Bell mine, Bell theirs, Waiter.Look a, Waiter.Look b, int rounds) {
    try (Segment segment = Segment.create(LinkPair.DIRECTORY, 4096)) {
      segment.unlink();
      Slab slab = Slab.format(segment, 4, 0);
      CompletableFuture<Boolean> other =
          CompletableFuture.supplyAsync(() -> answer(slab, theirs, b, rounds));
      Waiter waiter =
          new Waiter(slab, SlabLayout.ANSWERED_AT, SlabLayout.PARENT_SLEEPS_AT, mine, a);
      for (int i = 1; i <= rounds; i++) {
        Waiter.set(slab, SlabLayout.ASKED_AT, SlabLayout.WORKER_SLEEPS_AT, mine, i);
        assertThat(waiter.await(i)).isTrue();
      }
      assertThat(other.join()).isTrue();
    }
  }

  private static boolean answer(Slab slab, Bell bell, Waiter.Look look, int rounds) {
    Waiter waiter = new Waiter(slab, SlabLayout.ASKED_AT, SlabLayout.WORKER_SLEEPS_AT, bell, look);
    for (int i = 1; i <= rounds; i++) {
      if (!waiter.await(i)) {
        return false;
      }
      Waiter.set(slab, SlabLayout.ANSWERED_AT, SlabLayout.PARENT_SLEEPS_AT, bell, i);
    }
    return true;
  }

  @Test
  void rounds_ofTwoThatNeverLook_allEnd() {
    LoopbackBell[] bells = LoopbackBell.pair();
    pingPong(bells[0], bells[1], Waiter.Look.NEVER, Waiter.Look.NEVER, ROUNDS);
  }

  @Test
  void rounds_ofTwoThatLookForAnyTime_allEnd() {
    LoopbackBell[] bells = LoopbackBell.pair();
    pingPong(bells[0], bells[1], new Fickle(), new Fickle(), ROUNDS);
    pingPong(bells[0], bells[1], new Fickle(), Waiter.Look.NEVER, ROUNDS);
    pingPong(bells[0], bells[1], new Spin(20_000), new Spin(0), ROUNDS);
  }

  @Test
  void bytes_thatNobodyWaitedFor_doNoHarm() {
    LoopbackBell[] bells = LoopbackBell.pair();
    bells[0].ring();
    bells[0].ring();
    bells[1].ring();
    pingPong(bells[0], bells[1], Waiter.Look.NEVER, new Fickle(), 1000);
  }

  @Test
  void sleeper_whenTheOtherSideIsGone_wakes() throws IOException {
    PipedOutputStream writer = new PipedOutputStream();
    Bell bell = new PipeBell(new PipedInputStream(writer), new PipedOutputStream());
    try (Segment segment = Segment.create(LinkPair.DIRECTORY, 4096)) {
      segment.unlink();
      Slab slab = Slab.format(segment, 4, 0);
      writer.close();
      Waiter waiter =
          new Waiter(
              slab, SlabLayout.ANSWERED_AT, SlabLayout.PARENT_SLEEPS_AT, bell, Waiter.Look.NEVER);
      assertThat(waiter.await(1)).isFalse();
      bell.ring(); // nobody reads it
      slab.set(SlabLayout.ANSWERED_AT, 1);
      assertThat(waiter.await(1)).as("what was answered before").isTrue();
    }
  }

  @Test
  void look_thatNeverPays_isTriedNowAndThen() {
    Spin spin = new Spin(1000);
    AtomicInteger looks = new AtomicInteger();
    int tried = 0;
    for (int i = 0; i < 1000; i++) {
      looks.set(0);
      assertThat(spin.await(() -> looks.incrementAndGet() < 0)).isFalse();
      tried += looks.get() > 0 ? 1 : 0;
    }
    assertThat(tried).isLessThan(100);
    for (int i = 0; i < 100; i++) {
      spin.await(() -> true);
    }
    if (Runtime.getRuntime().availableProcessors() > 1) {
      assertThat(spin.await(() -> true)).as("it pays again").isTrue();
    }
  }
}
