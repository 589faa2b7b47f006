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
      pair.worker.close(); // so that every wait ends
      readAll(pair.parent);
      readAll(pair.parent);
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
      pair.worker.close();
      readAll(pair.parent);
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
        pair.worker.close();
        assertThatThrownBy(() -> readAll(pair.parent)).isInstanceOf(LinkLost.class);
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
