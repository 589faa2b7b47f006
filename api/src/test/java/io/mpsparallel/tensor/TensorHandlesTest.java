package io.mpsparallel.tensor;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Handles on the same memory: what they share, and who frees it. */
class TensorHandlesTest {
  private final AtomicInteger releases = new AtomicInteger();

  private Tensor adopted(int bytes) {
    return Tensor.adopt(
        ByteBuffer.allocateDirect(bytes),
        TensorSpec.of(DType.INT8, bytes),
        releases::incrementAndGet);
  }

  @Test
  void share_writesThroughOne_areSeenByTheOther() {
    try (Tensor first = Tensor.of(new int[] {1, 2}, 2);
        Tensor second = first.share()) {
      first.buffer().putInt(0, 5);
      assertThat(second.toIntArray()).containsExactly(5, 2);
      assertThat(second.spec()).isEqualTo(first.spec());
    }
  }

  @Test
  void share_firstHandleClosed_keepsTheMemory() {
    Tensor first = Tensor.of(new int[] {1, 2}, 2);
    try (Tensor second = first.share()) {
      first.close();
      assertThat(first.isClosed()).isTrue();
      assertThat(second.isClosed()).isFalse();
      assertThat(second.toIntArray()).containsExactly(1, 2);
    }
  }

  @Test
  void view_sameNumberOfElements_isTheSameMemoryInAnotherShape() {
    try (Tensor flat = Tensor.of(new int[] {1, 2, 3, 4, 5, 6}, 6);
        Tensor table = flat.view(2, 3)) {
      assertThat(table.shape()).containsExactly(2, 3);
      table.buffer().putInt(20, 60);
      assertThat(flat.toIntArray()).containsExactly(1, 2, 3, 4, 5, 60);
      assertFails(
          ErrorCode.INVALID_INPUT,
          () -> flat.view(4).close(),
          "int32[4]: 6 elements (expected: 4)");
    }
  }

  @Test
  void slice_rows_areAPartOfTheSameMemory() {
    try (Tensor table = Tensor.of(new int[] {1, 2, 3, 4, 5, 6}, 3, 2);
        Tensor rows = table.slice(1, 3);
        Tensor last = rows.slice(1, 2);
        Tensor none = table.slice(3, 3)) {
      assertThat(rows.shape()).containsExactly(2, 2);
      assertThat(rows.toIntArray()).containsExactly(3, 4, 5, 6);
      assertThat(last.toIntArray()).containsExactly(5, 6);
      assertThat(none.shape()).containsExactly(0, 2);
      last.buffer().putInt(0, 50);
      assertThat(table.toIntArray()).containsExactly(1, 2, 3, 4, 50, 6);
    }
  }

  @Test
  void slice_rowsThatAreNotThere_areRefused() {
    try (Tensor table = Tensor.of(new int[] {1, 2, 3, 4}, 2, 2)) {
      assertFails(
          ErrorCode.INVALID_INPUT, () -> table.slice(0, 3).close(), "int32[2, 2]: no rows 0..3");
      assertFails(ErrorCode.INVALID_INPUT, () -> table.slice(-1, 1).close(), "no rows -1..1");
      assertFails(ErrorCode.INVALID_INPUT, () -> table.slice(2, 1).close(), "no rows 2..1");
    }
  }

  @Test
  void section_anyPart_mayHaveAnotherDType() {
    try (Tensor whole = Tensor.of(new int[] {1, 2, 3}, 3);
        Tensor tail = whole.slice(1, 3);
        Tensor bytes = tail.section(4, TensorSpec.of(DType.UINT8, 4))) {
      bytes.copyFrom(ByteBuffer.wrap(new byte[] {0, 0, 0, 0}));
      assertThat(whole.toIntArray()).containsExactly(1, 2, 0);
      assertThat(bytes.dtype()).isEqualTo(DType.UINT8);
    }
  }

  @Test
  void section_beyondTheTensor_isRefusedEvenWhereTheMemoryGoesOn() {
    try (Tensor whole = Tensor.of(new int[] {1, 2, 3}, 3);
        Tensor head = whole.slice(0, 2)) {
      TensorSpec one = TensorSpec.of(DType.INT32, 1);
      for (long offset : new long[] {-1, 5, 8, Long.MAX_VALUE, Long.MIN_VALUE}) {
        assertFails(
            ErrorCode.INVALID_INPUT,
            () -> head.section(offset, one).close(),
            "int32[1] at byte " + offset + " of int32[2]");
      }
    }
  }

  @Test
  void detach_laterWritesAndClose_areNotSeen() {
    Tensor tensor = Tensor.of(new int[] {1, 2, 3}, 3);
    try (Tensor part = tensor.slice(1, 3);
        Tensor copy = part.detach()) {
      copy.buffer().putInt(0, 20);
      tensor.buffer().putInt(8, 30);
      tensor.close();
      assertThat(copy.toIntArray()).containsExactly(20, 3);
      assertThat(part.toIntArray()).containsExactly(2, 30);
    }
  }

  // ---- the end ----

  private interface Use {
    void of(Tensor tensor);
  }

  private static Named<Use> use(String name, Use use) {
    return Named.of(name, use);
  }

  static Stream<Named<Use>> usesOfFloats() {
    return Stream.of(
        use("share", t -> t.share().close()),
        use("view", t -> t.view(1).close()),
        use("slice", t -> t.slice(0, 1).close()),
        use("section", t -> t.section(0, t.spec()).close()),
        use("detach", t -> t.detach().close()),
        use("buffer", Tensor::buffer),
        use("memory", Tensor::memory),
        use("copyTo", t -> t.copyTo(ByteBuffer.allocate(8))),
        use("copyFrom", t -> t.copyFrom(ByteBuffer.allocate(8))),
        use("toFloatArray", Tensor::toFloatArray),
        use("toDoubleArray", Tensor::toDoubleArray),
        use("toByteArray", Tensor::toByteArray));
  }

  @ParameterizedTest
  @MethodSource("usesOfFloats")
  void use_afterClose_isATypedError(Use use) {
    Tensor tensor = Tensor.of(new double[] {1}, 1);
    try (Tensor other = tensor.share()) {
      use.of(tensor); // works as long as it is open
      tensor.close();
      assertFails(ErrorCode.CLOSED, () -> use.of(tensor), "Tensor float64[1] was closed");
      use.of(other);
    }
    assertFails(ErrorCode.CLOSED, () -> use.of(tensor), "Tensor float64[1] was closed");
  }

  @Test
  void toArrays_afterClose_areATypedError() {
    Tensor longs = Tensor.of(new long[1], 1);
    Tensor ints = Tensor.of(new int[1], 1);
    Tensor shorts = Tensor.of(new short[1], 1);
    Tensor flags = Tensor.of(new boolean[1], 1);
    Stream.of(longs, ints, shorts, flags).forEach(Tensor::close);
    assertFails(ErrorCode.CLOSED, longs::toLongArray, "was closed");
    assertFails(ErrorCode.CLOSED, ints::toIntArray, "was closed");
    assertFails(ErrorCode.CLOSED, shorts::toShortArray, "was closed");
    assertFails(ErrorCode.CLOSED, flags::toBooleanArray, "was closed");
  }

  @Test
  void close_again_isHarmlessAndFactsStay() {
    Tensor tensor = adopted(2);
    Tensor other = tensor.share();
    tensor.close();
    tensor.close();
    assertThat(releases).hasValue(0); // the second close did not take the other's share
    other.close();
    assertThat(releases).hasValue(1);
    assertThat(tensor.spec()).isEqualTo(TensorSpec.of(DType.INT8, 2));
    assertThat(tensor).hasToString("Tensor int8[2] (closed)");
  }

  @Test
  void close_lastOfAllKindsOfHandles_releasesOnce() {
    Tensor tensor = adopted(6);
    List<Tensor> handles =
        List.of(
            tensor.share(),
            tensor.view(2, 3),
            tensor.slice(1, 2),
            tensor.section(0, TensorSpec.of(DType.INT16, 3)),
            tensor);
    tensor.detach().close();
    for (Tensor handle : handles) {
      assertThat(releases).hasValue(0);
      handle.close();
    }
    assertThat(releases).hasValue(1);
  }

  @Test
  void adopt_rawBufferHandedOut_isReleasedAllTheSame() {
    Tensor tensor = adopted(1);
    tensor.buffer().put(0, (byte) 1);
    tensor.close();
    assertThat(releases).hasValue(1);
  }

  @Test
  void buffer_handedOutBeforeTheLastClose_staysReadable() {
    Tensor tensor = Tensor.of(new long[] {1, 2, 3, 4}, 4);
    ByteBuffer raw = tensor.buffer();
    tensor.close();
    for (int i = 0; i < 100; i++) { // memory that was freed would be among the next
      Tensor.of(new long[] {-1, -1, -1, -1}, 4).close();
    }
    assertThat(raw.asLongBuffer().get(2)).isEqualTo(3);
  }

  @Test
  void buffer_eachCall_isAnIndependentViewOfExactlyThisTensor() {
    try (Tensor tensor = Tensor.of(new int[] {1, 2, 3}, 3);
        Tensor rows = tensor.slice(1, 3)) {
      ByteBuffer first = rows.buffer();
      first.position(4);
      assertThat(rows.buffer().position()).isZero();
      assertThat(rows.buffer().remaining()).isEqualTo(8);
      assertThat(rows.memory().getInt()).isEqualTo(2);
    }
  }

  @Test
  void close_fromManyThreads_releasesOnce() throws Exception {
    int threads = 4;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      for (int round = 0; round < 500; round++) {
        Tensor tensor = adopted(1);
        Tensor other = tensor.share();
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Integer>> uses = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          Tensor mine = i % 2 == 0 ? tensor : other;
          uses.add(pool.submit(() -> useAndClose(mine, start)));
        }
        start.countDown();
        for (Future<Integer> use : uses) {
          assertThat(use.get(10, TimeUnit.SECONDS)).isZero();
        }
        assertThat(releases).hasValue(round + 1);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  /** How many releases there were, beyond those of earlier rounds, while a handle was held. */
  private int useAndClose(Tensor tensor, CountDownLatch start) throws InterruptedException {
    int before = releases.get();
    start.await();
    int seen = 0;
    try (Tensor held = tensor.share()) {
      seen = releases.get() - before;
      tensor.close();
      seen += held.isClosed() ? 1 : releases.get() - before;
    } catch (io.mpsparallel.error.InferenceException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.CLOSED); // another thread was faster
    }
    return seen;
  }
}
