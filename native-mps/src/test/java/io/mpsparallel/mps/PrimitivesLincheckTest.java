package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.mps.StreamPool.Lease;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Looks for interleavings whose results are not those of some order of the calls. Each class below
 * is one object under test; running it on one thread says what is right.
 */
@Tag("lincheck")
class PrimitivesLincheckTest {
  private static void checkModel(Class<?> subject) {
    new ModelCheckingOptions()
        .iterations(12)
        .invocationsPerIteration(400)
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)
        .check(subject);
  }

  private static void checkStress(Class<?> subject) {
    new StressOptions()
        .iterations(12)
        .invocationsPerIteration(400)
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)
        .check(subject);
  }

  @Test
  void streamPool_anyInterleaving_leasesEachSlotOnce() {
    checkModel(Streams.class);
    checkStress(Streams.class);
  }

  @Test
  void encodeGate_anyInterleaving_letsOneIn() {
    checkModel(Gate.class);
    checkStress(Gate.class);
  }

  @Test
  void bufferShard_anyInterleaving_isAStack() {
    checkModel(Shard.class);
    checkStress(Shard.class);
  }

  @Test
  void eventPool_anyInterleaving_neverAsksAboutAReusedEvent() {
    checkModel(Events.class);
    checkStress(Events.class);
  }

  @Test
  void useCount_anyInterleaving_neverUsesWhatIsFreed() {
    checkModel(Uses.class);
    checkStress(Uses.class);
  }

  @Test
  void check_brokenSubject_fails() {
    assertThatThrownBy(() -> checkModel(Ungated.class)).isInstanceOf(AssertionError.class);
  }

  /** Threads lease and release; the third stream is one too many. */
  @Param(name = "thread", gen = ThreadIdGen.class)
  public static class Streams {
    private final StreamPool<Integer> pool =
        new StreamPool<>("fake", 2, Duration.ZERO, index -> index, stream -> {});
    private final ArrayDeque<Lease<Integer>>[] held = deques();
    private final AtomicIntegerArray owners = new AtomicIntegerArray(3);

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static ArrayDeque<Lease<Integer>>[] deques() {
      return IntStream.range(0, 8).mapToObj(i -> new ArrayDeque<>()).toArray(ArrayDeque[]::new);
    }

    @Operation
    public String acquire(@Param(name = "thread") int thread) {
      try {
        Lease<Integer> lease = pool.acquire();
        held[thread].push(lease);
        return owners.getAndSet(lease.index(), 1) == 0 ? "leased" : "shared";
      } catch (InferenceException e) {
        return e.code().name();
      }
    }

    @Operation
    public String release(@Param(name = "thread") int thread) {
      Lease<Integer> lease = held[thread].poll();
      if (lease == null) {
        return "none";
      }
      owners.set(lease.index(), 0);
      return lease.release() + " then " + lease.release();
    }

    @Operation
    public int inUse() {
      return pool.inUse();
    }
  }

  /** A count that nothing but the gate protects. */
  public static class Gate {
    private final EncodeGate gate = new EncodeGate("fake", 1, 1);
    private int plain;

    @Operation
    public int count() {
      gate.enter(7);
      int now = plain;
      plain = now + 1;
      gate.exit(7);
      return now;
    }

    @Operation
    public boolean held() {
      return gate.heldByCurrentThread();
    }
  }

  /** The same without a gate: it shows that the check finds what it looks for. */
  public static class Ungated {
    private final EncodeGate gate = EncodeGate.unlimited();
    private int plain;

    @Operation
    public int count() {
      gate.enter(7);
      int now = plain;
      plain = now + 1;
      gate.exit(7);
      return now;
    }
  }

  /** Blocks of one size go in and out. */
  @Param(name = "which", gen = IntGen.class, conf = "0:3")
  public static class Shard {
    private final BufferShard shard = new BufferShard();
    private final Slab[] slabs =
        IntStream.range(0, 4)
            .mapToObj(i -> new Slab(ByteBuffer.allocate(1), 0, 512 + i))
            .toArray(Slab[]::new);

    @Operation
    public void push(@Param(name = "which") int which) {
      shard.push(slabs[which]);
    }

    @Operation
    public int pop() {
      Slab slab = shard.pop(0);
      return slab == null ? 0 : slab.capacity();
    }
  }

  /** One event is asked about, closed, and its native event given to somebody else. */
  public static class Events {
    private static final class Native {
      volatile boolean foreign;
    }

    private static final class Driver implements EventDriver<Native> {
      @Override
      public Native create(boolean timed) {
        return new Native();
      }

      @Override
      public void destroy(Native event) {
        event.foreign = true;
      }

      @Override
      public boolean query(Native event) {
        if (event.foreign) {
          throw new IllegalStateException("asked about an event of somebody else");
        }
        return true;
      }

      @Override
      public Duration elapsed(Native from, Native to) {
        return Duration.ZERO;
      }
    }

    private final EventPool<Native> pool = new EventPool<>(new Driver(), EncodeGate.unlimited());
    private final PooledEvent<Native> event = pool.acquire(false);

    @Operation
    public String isDone() {
      try {
        return String.valueOf(event.isDone());
      } catch (InferenceException e) {
        return e.code().name();
      }
    }

    @Operation
    public String record() {
      try {
        event.markRecorded(() -> {});
        return "recorded";
      } catch (InferenceException e) {
        return e.code().name();
      }
    }

    @Operation
    public void close() {
      event.close();
    }

    @Operation
    public void takeAnother() {
      pool.acquire(false).nativeEvent().foreign = true;
    }
  }

  /** Uses that must not see what they use freed. */
  @Param(name = "thread", gen = ThreadIdGen.class)
  public static class Uses {
    private final AtomicInteger frees = new AtomicInteger();
    private final int[] held = new int[8];
    private final UseCount count =
        new UseCount() {
          @Override
          void free() {
            frees.incrementAndGet();
          }
        };

    @Operation
    public boolean begin(@Param(name = "thread") int thread) {
      boolean begun = count.beginUse();
      if (begun) {
        held[thread]++;
      }
      return begun;
    }

    @Operation
    public String end(@Param(name = "thread") int thread) {
      if (held[thread] == 0) {
        return "none";
      }
      int freed = frees.get();
      held[thread]--;
      count.endUse();
      return "freed before: " + freed;
    }

    @Operation
    public boolean shut() {
      return count.shut();
    }
  }
}
