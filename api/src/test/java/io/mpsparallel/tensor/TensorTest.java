package io.mpsparallel.tensor;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Values in and out; what handles share is in {@link TensorHandlesTest}. */
class TensorTest {
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  // ---- from values ----

  @ParameterizedTest
  @EnumSource
  void allocate_anyDType_isZeroed(DType dtype) {
    try (Tensor tensor = Tensor.allocate(TensorSpec.of(dtype, 3, 2))) {
      assertThat(tensor.dtype()).isEqualTo(dtype);
      assertThat(tensor.shape()).containsExactly(3, 2);
      assertThat(tensor.toByteArray()).containsOnly(0).hasSize(6 * dtype.bytes());
      assertThat(tensor.buffer().order()).isEqualTo(NATIVE);
      assertThat(tensor).hasToString("Tensor " + dtype + "[3, 2]");
    }
  }

  @Test
  void of_arrays_giveTheirValuesBack() {
    try (Tensor f = Tensor.of(new float[] {1.5f, Float.NaN}, 2);
        Tensor d = Tensor.of(new double[] {-0.1, 1e300}, 1, 2);
        Tensor l = Tensor.of(new long[] {Long.MIN_VALUE, 7}, 2, 1);
        Tensor i = Tensor.of(new int[] {Integer.MIN_VALUE, 7}, 2);
        Tensor s = Tensor.of(new short[] {Short.MIN_VALUE, 7}, 2);
        Tensor b = Tensor.of(new boolean[] {true, false}, 2)) {
      assertThat(f.toFloatArray()).containsExactly(1.5f, Float.NaN);
      assertThat(d.toDoubleArray()).containsExactly(-0.1, 1e300);
      assertThat(d.toFloatArray()).containsExactly(-0.1f, Float.POSITIVE_INFINITY);
      assertThat(l.toLongArray()).containsExactly(Long.MIN_VALUE, 7);
      assertThat(i.toIntArray()).containsExactly(Integer.MIN_VALUE, 7);
      assertThat(s.toShortArray()).containsExactly(Short.MIN_VALUE, (short) 7);
      assertThat(b.toBooleanArray()).containsExactly(true, false);
      assertThat(Stream.of(f, d, l, i, s, b).map(Tensor::dtype))
          .containsExactly(
              DType.FLOAT32, DType.FLOAT64, DType.INT64, DType.INT32, DType.INT16, DType.BOOL);
    }
  }

  @Test
  void of_array_copiesIt() {
    float[] values = {1, 2};
    try (Tensor tensor = Tensor.of(values, 2)) {
      values[0] = 9;
      tensor.toFloatArray()[1] = 9;
      assertThat(tensor.toFloatArray()).containsExactly(1, 2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void of_bytes_areTheRawFormOfAnyDType(DType dtype) {
    byte[] bytes = new byte[2 * dtype.bytes()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i + 1);
    }
    try (Tensor tensor = Tensor.of(dtype, bytes, 2)) {
      assertThat(tensor.toByteArray()).isEqualTo(bytes);
    }
  }

  @Test
  void of_longsAsBytes_areInTheOrderOfTheMachine() {
    byte[] bytes = ByteBuffer.allocate(8).order(NATIVE).putLong(0x0102030405060708L).array();
    try (Tensor tensor = Tensor.of(DType.INT64, bytes, 1)) {
      assertThat(tensor.toLongArray()).containsExactly(0x0102030405060708L);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64", "FLOAT16", "BFLOAT16"})
  void of_floatsAsFloatingDType_areRoundedToIt(DType dtype) {
    float inAll = -2.5f;
    float inSome = 1 + 0x1p-10f; // not in bfloat16
    try (Tensor tensor = Tensor.of(dtype, new float[] {inAll, inSome}, 2)) {
      float rounded = dtype == DType.BFLOAT16 ? 1 : inSome;
      assertThat(tensor.toFloatArray()).containsExactly(inAll, rounded);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INT8", "INT16", "INT32", "INT64", "UINT8", "BOOL"})
  void of_floatsAsOtherDType_areRefusedHoweverMany(DType dtype) {
    String expected = "dtype: " + dtype + " (expected: a floating dtype)";
    assertFails(
        ErrorCode.INVALID_INPUT, () -> Tensor.of(dtype, new float[] {1}, 1).close(), expected);
    assertFails(ErrorCode.INVALID_INPUT, () -> Tensor.of(dtype, new float[0], 0).close(), expected);
  }

  static Stream<ThrowingCallable> wrongLengths() {
    return Stream.of(
        () -> Tensor.of(new float[3], 2).close(),
        () -> Tensor.of(new double[3], 2).close(),
        () -> Tensor.of(new long[3], 2).close(),
        () -> Tensor.of(new int[3], 2).close(),
        () -> Tensor.of(new short[3], 2).close(),
        () -> Tensor.of(new boolean[3], 2).close(),
        () -> Tensor.of(DType.FLOAT16, new float[3], 2).close());
  }

  @ParameterizedTest
  @MethodSource("wrongLengths")
  void of_arrayOfAnotherLength_isRefused(ThrowingCallable make) {
    assertFails(ErrorCode.INVALID_INPUT, make, "[2]: 3 elements (expected: 2)");
  }

  @Test
  void of_bytesOfAnotherLength_areRefused() {
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> Tensor.of(DType.INT16, new byte[3], 2).close(),
        "int16[2]: 3 bytes (expected: 4)");
  }

  @Test
  void allocate_moreThan2GiB_isRefusedBeforeAnyMemoryIsAskedFor() {
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> Tensor.allocate(TensorSpec.of(DType.INT8, 1L << 31)).close(),
        "int8[2147483648]: 2147483648 bytes (expected: at most 2147483647)");
  }

  @Test
  void allocate_moreDirectMemoryThanTheJvmMayHave_isATypedError() {
    // Two of almost 2 GiB never fit beside each other: the tests' JVM has 1 GiB.
    TensorSpec large = TensorSpec.of(DType.INT8, Integer.MAX_VALUE - 8);
    assertFails(
        ErrorCode.OUT_OF_MEMORY,
        () -> {
          try (Tensor first = Tensor.allocate(large);
              Tensor second = Tensor.allocate(large)) {
            first.share().close();
            second.share().close();
          }
        },
        "2147483639 bytes of direct memory",
        "-XX:MaxDirectMemorySize");
  }

  @Test
  void of_noElements_isATensorWithoutBytes() {
    try (Tensor empty = Tensor.of(new float[0], 0, 3);
        Tensor rows = empty.slice(0, 0);
        Tensor other = empty.view(5, 0);
        Tensor copy = empty.detach()) {
      assertThat(empty.toFloatArray()).isEmpty();
      assertThat(empty.buffer().remaining()).isZero();
      assertThat(rows.shape()).containsExactly(0, 3);
      assertThat(other.shape()).containsExactly(5, 0);
      assertThat(copy.toByteArray()).isEmpty();
      empty.copyTo(ByteBuffer.allocate(0));
    }
  }

  @Test
  void of_scalar_hasOneElement() {
    try (Tensor scalar = Tensor.of(new int[] {7})) {
      assertThat(scalar.shape()).isEmpty();
      assertThat(scalar.toIntArray()).containsExactly(7);
      assertFails(ErrorCode.INVALID_INPUT, () -> scalar.slice(0, 1).close(), "no rows 0..1");
    }
  }

  // ---- values out ----

  static Stream<Arguments> readers() {
    Map<DType, Function<Tensor, Object>> own =
        Map.of(
            DType.FLOAT64, Tensor::toDoubleArray,
            DType.INT64, Tensor::toLongArray,
            DType.INT32, Tensor::toIntArray,
            DType.INT16, Tensor::toShortArray,
            DType.BOOL, Tensor::toBooleanArray);
    return own.entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
  }

  @ParameterizedTest
  @MethodSource("readers")
  void toArray_tensorOfAnotherDType_isRefused(DType wanted, Function<Tensor, Object> reader) {
    for (DType dtype : DType.values()) {
      if (dtype != wanted) {
        try (Tensor tensor = Tensor.allocate(TensorSpec.of(dtype, 1))) {
          assertFails(
              ErrorCode.INVALID_INPUT,
              () -> reader.apply(tensor),
              "dtype: " + dtype + " (expected: " + wanted + ")");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void toFloatArray_anyDType_isForFloatingOnesOnly(DType dtype) {
    try (Tensor tensor = Tensor.allocate(TensorSpec.of(dtype, 2))) {
      if (dtype.isFloating()) {
        assertThat(tensor.toFloatArray()).containsExactly(0, 0);
      } else {
        assertFails(ErrorCode.INVALID_INPUT, tensor::toFloatArray, "(expected: a floating dtype)");
      }
    }
  }

  // ---- over memory that is there already ----

  @Test
  void wrap_directBuffer_sharesTheBytesBetweenPositionAndLimit() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(16).order(NATIVE);
    bytes.putInt(4, 5).putInt(8, 6).position(4).limit(12);
    try (Tensor tensor = Tensor.wrap(bytes, DType.INT32, 2)) {
      assertThat(tensor.toIntArray()).containsExactly(5, 6);
      bytes.putInt(4, 50);
      tensor.buffer().putInt(4, 60);
      assertThat(tensor.toIntArray()).containsExactly(50, 60);
      assertThat(bytes.getInt(8)).isEqualTo(60);
    }
    assertThat(bytes.position()).isEqualTo(4);
    assertThat(bytes.limit()).isEqualTo(12);
    assertThat(bytes.getInt(4)).isEqualTo(50); // the caller's memory lives on
  }

  @Test
  void wrap_bufferOfForeignOrder_isReadInTheOrderOfTheMachine() {
    ByteOrder foreign =
        NATIVE == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    ByteBuffer bytes = ByteBuffer.allocateDirect(4).order(foreign).putInt(0, 1);
    try (Tensor tensor = Tensor.wrap(bytes, DType.INT32, 1)) {
      assertThat(tensor.toIntArray()).containsExactly(1 << 24);
      assertThat(bytes.order()).isEqualTo(foreign);
    }
  }

  @Test
  void wrap_unsuitableBuffer_isRefused() {
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> Tensor.wrap(ByteBuffer.allocate(4), DType.INT32, 1).close(),
        "int32[1]: a heap buffer (expected: a direct one; Tensor.of copies arrays)");
    assertFails(
        ErrorCode.MISUSE,
        () -> Tensor.wrap(ByteBuffer.allocateDirect(4).asReadOnlyBuffer(), DType.INT32, 1).close(),
        "int32[1]: a read-only buffer");
    for (int bytes : List.of(3, 5)) {
      assertFails(
          ErrorCode.INVALID_INPUT,
          () -> Tensor.wrap(ByteBuffer.allocateDirect(bytes), DType.INT32, 1).close(),
          "int32[1]: " + bytes + " bytes (expected: 4)");
    }
  }

  @Test
  void adopt_nulls_areRefused() {
    TensorSpec spec = TensorSpec.of(DType.INT8, 1);
    assertThatThrownBy(() -> Tensor.adopt(null, spec, null).close())
        .isInstanceOf(NullPointerException.class)
        .hasMessage("buffer");
    assertThatThrownBy(() -> Tensor.adopt(ByteBuffer.allocateDirect(1), null, null).close())
        .isInstanceOf(NullPointerException.class)
        .hasMessage("spec");
  }

  // ---- copies ----

  @Test
  void copyTo_heapOrDirectBuffer_advancesItsPosition() {
    for (ByteBuffer target : List.of(ByteBuffer.allocate(10), ByteBuffer.allocateDirect(10))) {
      target.order(NATIVE).position(1);
      try (Tensor tensor = Tensor.of(new int[] {3, 4}, 2);
          Tensor last = tensor.slice(1, 2)) {
        last.copyTo(target);
        assertThat(target.position()).isEqualTo(5);
        assertThat(target.getInt(1)).isEqualTo(4);
        assertFails(
            ErrorCode.INVALID_INPUT,
            () -> tensor.copyTo(target),
            "buffer: 5 bytes left (expected: at least 8)");
      }
    }
  }

  @Test
  void copyFrom_heapOrDirectBuffer_overwritesOnlyThisTensor() {
    for (ByteBuffer source : List.of(ByteBuffer.allocate(10), ByteBuffer.allocateDirect(10))) {
      source.order(NATIVE).putInt(1, 9).position(1);
      try (Tensor tensor = Tensor.of(new int[] {3, 4, 5}, 3);
          Tensor middle = tensor.slice(1, 2)) {
        middle.copyFrom(source);
        assertThat(source.position()).isEqualTo(5);
        assertThat(tensor.toIntArray()).containsExactly(3, 9, 5);
        assertFails(
            ErrorCode.INVALID_INPUT,
            () -> tensor.copyFrom(source),
            "buffer: 5 bytes left (expected: at least 12)");
      }
    }
  }
}
