package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ProcessSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whatever a worker writes into the slab, the parent has a result, a failure or a lost link, soon,
 * and all memory back.
 */
class BrokenWorkerTest {
  private static final int BYTES = 64 << 10;
  private static final int[] TELLING = {
    0, 1, 2, 3, -1, 63, 64, 65, 4096, BYTES, BYTES + 1, Integer.MAX_VALUE, Integer.MIN_VALUE
  };

  private static final long PATIENCE_NANOS = 2_000_000;
  private static final long HANG_NANOS = 10_000_000_000L;

  private static int value(Random random) {
    return random.nextBoolean() ? TELLING[random.nextInt(TELLING.length)] : random.nextInt();
  }

  /** Somewhere in the words, in the frames, or in the tables of bodies and answers. */
  private static void scribble(ByteBuffer slab, Random random) {
    slab.putInt(4 * random.nextInt(1200 / 4), value(random));
  }

  private static void send(LinkPair pair, long room) throws LinkLost {
    try (NamedTensors inputs = NamedTensors.of(Tensor.of(new float[] {1, 2, 3}, 3))) {
      LinkPair.send(pair.parent, inputs, room);
    }
  }

  private static void readAll(ParentEnd parent) throws LinkLost {
    try (Answer answer = parent.await();
        NamedTensors outputs = answer.takeTensors()) {
      outputs.tensors().forEach(tensor -> assertThat(tensor.toByteArray()).isNotNull());
    } catch (InferenceException e) {
      assertThat(e.code()).isNotNull();
    }
  }

  /**
   * Reads answers. Another thread does what the supervisor would: it ends the worker when the link
   * says for a while that one frame is waited for, and only then. What else waits is a hang.
   */
  private static void supervised(LinkPair pair, int answers) throws LinkLost {
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<Void> supervisor = CompletableFuture.runAsync(() -> watch(pair, over));
    try {
      for (int i = 0; i < answers; i++) {
        readAll(pair.parent);
      }
    } finally {
      over.set(true);
      supervisor.join();
    }
  }

  private static void watch(LinkPair pair, AtomicBoolean over) {
    long limit = System.nanoTime() + HANG_NANOS;
    long since = System.nanoTime();
    int seen = 0;
    while (!over.get()) {
      int awaited = pair.parent.awaited();
      if (awaited == 0 || awaited != seen) {
        seen = awaited;
        since = System.nanoTime();
      }
      boolean hangs = System.nanoTime() - limit > 0;
      if (hangs || (awaited != 0 && System.nanoTime() - since > PATIENCE_NANOS)) {
        pair.worker.close();
        assertThat(hangs).as("it waits, and nobody can see for what").isFalse();
        return;
      }
      LockSupport.parkNanos(PATIENCE_NANOS / 4);
    }
  }

  @Property(tries = 1500)
  void slab_withWordsChanged_isReadOrLost(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int changes, @ForAll boolean room) {
    Random random = new Random(seed);
    LinkPair pair = LinkPair.idle(BYTES, 2);
    try (pair) {
      send(pair, room ? 256 : 0);
      send(pair, room ? 256 : 0);
      LinkPair.echo(pair.worker.poll());
      LinkPair.echo(pair.worker.poll());
      for (int i = 0; i < changes; i++) {
        scribble(pair.first.buffer(), random);
      }
      supervised(pair, 2);
    } catch (LinkLost e) {
      assertThat(e).hasMessageNotContaining("closed");
    }
    assertThat(pair.first.retain()).as("still mapped").isFalse();
  }

  @Property(tries = 300)
  void everyWordOfAnAnswer_setToWhatTells_isReadOrLost(
      @ForAll @IntRange(max = 12) int telling, @ForAll @IntRange(max = 299) int word) {
    LinkPair pair = LinkPair.idle(BYTES, 1);
    try (pair) {
      send(pair, 256);
      LinkPair.echo(pair.worker.poll());
      pair.first.buffer().putInt(4 * word, TELLING[telling]);
      supervised(pair, 1);
    } catch (LinkLost e) {
      assertThat(e).hasMessageNotContaining("closed");
    }
    assertThat(pair.first.retain()).as("still mapped").isFalse();
  }

  @Test
  @Timeout(60)
  void answers_toWhatWasNotAsked_loseTheLink() throws Exception {
    for (int answered : new int[] {2, -1, 0x7FFF_FFFF, 0x8000_0000}) {
      try (LinkPair pair = LinkPair.idle(BYTES, 2)) {
        send(pair, 256);
        LinkPair.echo(pair.worker.poll());
        pair.first.buffer().putInt(SlabLayout.ANSWERED_AT, answered);
        assertThatThrownBy(() -> supervised(pair, 1)).isInstanceOf(LinkLost.class);
      }
    }
  }

  @Test
  void sharedMemory_ofAWorkerWithoutALimit_hasOneAllTheSame() {
    assertThat(ThisProcess.mostSharedBytes(12_345)).isEqualTo(12_345);
    assertThat(ThisProcess.mostSharedBytes(ProcessSettings.NO_LIMIT)).isBetween(1L << 30, 1L << 44);
  }

  @Test
  @Timeout(60)
  void answer_thatNeedsFarTooMuch_isOutOfMemoryAndTakesNone() throws Exception {
    try (LinkPair pair = LinkPair.idle(BYTES, 1)) {
      send(pair, 0);
      try (NamedTensors large = NamedTensors.of(Tensor.of(new float[1000], 1000))) {
        pair.worker.poll().answer(large);
      }
      Slab slab = Slab.of(pair.first);
      slab.setFrame(1, SlabLayout.BYTES, 2_000_000_000);
      CompletableFuture<Void> read =
          CompletableFuture.runAsync(
              () ->
                  assertThatThrownBy(() -> readOne(pair.parent))
                      .hasMessageContaining("2000000000 bytes of shared memory"));
      while (!read.isDone()) {
        assertThat(pair.worker.poll()).isNull();
      }
      read.join();
    }
  }

  private static void readOne(ParentEnd parent) throws LinkLost {
    try (Answer answer = parent.await()) {
      answer.takeTensors().close();
    }
  }

  @Test
  @Timeout(60)
  void slab_changedWhileItIsRead_isReadOrLost() throws Exception {
    for (int seed = 0; seed < 30; seed++) {
      LinkPair pair = LinkPair.idle(BYTES, 1);
      Thread broken = new Thread(serving(pair, new Random(seed)), "broken worker");
      broken.start();
      try (ParentEnd parent = pair.parent) { // the worker's end is closed by its thread
        for (int i = 0; i < 1000; i++) {
          send(pair, 256);
          readAll(parent);
        }
      } catch (LinkLost e) {
        assertThat(e).hasMessageNotContaining("closed");
      }
      broken.join();
      assertThat(pair.first.retain()).as("still mapped").isFalse();
    }
  }

  /** Answers, and changes words all the while, until it ends. */
  private static Runnable serving(LinkPair pair, Random random) {
    return () -> {
      if (!pair.first.retain()) {
        return;
      }
      try {
        for (int i = 0; i < 20_000; i++) {
          WorkerLink.Frame frame = pair.worker.poll();
          if (frame != null) {
            LinkPair.echo(frame);
          }
          if (i % 10 == 0) {
            scribble(pair.first.buffer(), random);
          }
        }
      } catch (RuntimeException e) {
        // It has broken its own end as well.
      } finally {
        pair.first.close();
        pair.worker.close();
      }
    };
  }
}
