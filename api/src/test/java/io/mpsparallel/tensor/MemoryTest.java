package io.mpsparallel.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

class MemoryTest {
  private static final int THREADS = 2;

  /** In every interleaving the operations answer as if they came one by one. */
  @Test
  void owners_anyInterleaving_areCountedAndFreedOnce() {
    new ModelCheckingOptions()
        .iterations(20)
        .invocationsPerIteration(1000)
        .threads(THREADS)
        .actorsPerThread(3)
        .actorsBefore(0)
        .actorsAfter(0)
        .check(Owners.class);
  }

  @Test
  void release_ofTheLastOwner_isTheEnd() {
    AtomicInteger releases = new AtomicInteger();
    Memory memory = Memory.adopt(ByteBuffer.allocateDirect(1), releases::incrementAndGet);
    assertThat(memory.retain()).isTrue();
    memory.release();
    assertThat(releases).hasValue(0);
    memory.release();
    assertThat(releases).hasValue(1);
    assertThat(memory.retain()).isFalse();
  }

  /** One block, of which each thread is an owner at first, and lets go of no more than it has. */
  public static final class Owners {
    private final AtomicInteger releases = new AtomicInteger();
    private final int[] held = new int[THREADS + 1]; // by thread, from 1
    private final Memory memory =
        Memory.adopt(ByteBuffer.allocateDirect(1), releases::incrementAndGet);

    /** As many owners as threads. */
    public Owners() {
      Arrays.fill(held, 1, THREADS + 1, 1);
      for (int i = 1; i < THREADS; i++) {
        memory.retain();
      }
    }

    /** Becomes an owner, once more or again. */
    @Operation
    public boolean retain(@Param(gen = ThreadIdGen.class) int thread) {
      boolean retained = memory.retain();
      held[thread] += retained ? 1 : 0;
      return retained;
    }

    /** Leaves once, if it is an owner; while it is one, the memory must not have gone. */
    @Operation
    public boolean release(@Param(gen = ThreadIdGen.class) int thread) {
      if (held[thread] == 0) {
        return false;
      }
      held[thread]--;
      if (releases.get() != 0) {
        throw new IllegalStateException("freed under an owner");
      }
      memory.release();
      return true;
    }

    /** When those that are left have gone as well, it was freed once, and not before. */
    @Validate
    public void freedExactlyOnce() {
      for (int left = Arrays.stream(held).sum(); left > 0; left--) {
        if (releases.get() != 0) {
          throw new IllegalStateException("freed under an owner");
        }
        memory.release();
      }
      if (releases.get() != 1) {
        throw new IllegalStateException("freed " + releases + " times");
      }
    }
  }
}
