package io.mpsparallel.tensor;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import java.math.BigInteger;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class TensorSpecTest {
  @Test
  void of_scalar_hasOneElement() {
    TensorSpec scalar = TensorSpec.of(DType.FLOAT64);
    assertThat(scalar.rank()).isZero();
    assertThat(scalar.elements()).isOne();
    assertThat(scalar.byteLength()).isEqualTo(8);
    assertThat(scalar).hasToString("float64[]");
  }

  @Test
  void of_zeroDimension_hasNoBytesWhateverTheOthersAre() {
    TensorSpec empty = TensorSpec.of(DType.FLOAT32, Long.MAX_VALUE, Long.MAX_VALUE, 0);
    assertThat(empty.elements()).isZero();
    assertThat(empty.byteLength()).isZero();
  }

  @Test
  void of_negativeDimension_isRefused() {
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> TensorSpec.of(DType.INT8, 2, -1),
        "shape int8[2, -1]",
        "negative dimension");
  }

  @Test
  void of_rank_isBounded() {
    long[] most = ones(TensorSpec.MAX_RANK);
    assertThat(TensorSpec.of(DType.INT8, most).rank()).isEqualTo(64);
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> TensorSpec.of(DType.INT8, ones(65)),
        "rank 65 (expected: 0..64)");
  }

  private static long[] ones(int rank) {
    long[] shape = new long[rank];
    Arrays.fill(shape, 1);
    return shape;
  }

  @Test
  void of_nullDType_isRefused() {
    assertThatThrownBy(() -> TensorSpec.of(null, 1))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("dtype");
  }

  @Test
  void of_byteLengthAtTheBound_isTheLastThatFits() {
    long most = Long.MAX_VALUE / 4;
    assertThat(TensorSpec.of(DType.FLOAT32, most).byteLength()).isEqualTo(most * 4);
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> TensorSpec.of(DType.FLOAT32, most + 1),
        "more bytes than a 64-bit length can hold");
  }

  @Property
  void of_anyShape_countsLikeBigInteger(@ForAll DType dtype, @ForAll("shapes") long[] shape) {
    BigInteger bytes = BigInteger.valueOf(dtype.bytes());
    for (long dim : shape) {
      bytes = bytes.multiply(BigInteger.valueOf(dim));
    }
    if (bytes.bitLength() > 63) {
      assertFails(ErrorCode.INVALID_INPUT, () -> TensorSpec.of(dtype, shape), "64-bit");
    } else {
      TensorSpec spec = TensorSpec.of(dtype, shape);
      assertThat(spec.byteLength()).isEqualTo(bytes.longValueExact());
      assertThat(spec.elements() * dtype.bytes()).isEqualTo(spec.byteLength());
    }
  }

  @Provide
  Arbitrary<long[]> shapes() {
    Arbitrary<Long> small = Arbitraries.longs().between(0, 1000);
    Arbitrary<Long> large = Arbitraries.longs().between(0, Long.MAX_VALUE);
    return Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(3, small), net.jqwik.api.Tuple.of(1, large))
        .array(long[].class)
        .ofMaxSize(6);
  }

  @Test
  void shape_arraysOutside_cannotChangeTheSpec() {
    long[] given = {2, 3};
    TensorSpec spec = TensorSpec.of(DType.BOOL, given);
    given[0] = 7;
    spec.shape()[1] = 9;
    assertThat(spec.shape()).containsExactly(2, 3);
    assertThat(spec.dim(0)).isEqualTo(2);
    assertThat(spec.dim(1)).isEqualTo(3);
  }

  @Test
  void withRows_changesDimensionZeroAlone() {
    TensorSpec spec = TensorSpec.of(DType.INT16, 4, 5);
    assertThat(spec.withRows(9)).isEqualTo(TensorSpec.of(DType.INT16, 9, 5));
    assertThat(spec.dim(0)).isEqualTo(4);
    assertFails(ErrorCode.INVALID_INPUT, () -> spec.withRows(-1), "negative dimension");
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> TensorSpec.of(DType.INT16).withRows(1),
        "a scalar has no rows");
  }

  @Test
  void withDim_changesThatOneAlone() {
    TensorSpec spec = TensorSpec.of(DType.INT16, 4, 5, 6);
    assertThat(spec.withDim(1, 9)).isEqualTo(TensorSpec.of(DType.INT16, 4, 9, 6));
    assertThat(spec.dim(1)).isEqualTo(5);
    assertFails(ErrorCode.INVALID_INPUT, () -> spec.withDim(2, -1), "negative dimension");
  }

  @Test
  void equals_sameDTypeAndShape_only() {
    TensorSpec spec = TensorSpec.of(DType.INT8, 2, 3);
    assertThat(spec)
        .isEqualTo(TensorSpec.of(DType.INT8, 2, 3))
        .hasSameHashCodeAs(TensorSpec.of(DType.INT8, 2, 3))
        .isNotEqualTo(TensorSpec.of(DType.UINT8, 2, 3))
        .isNotEqualTo(TensorSpec.of(DType.INT8, 3, 2))
        .isNotEqualTo(TensorSpec.of(DType.INT8, 2, 3, 1))
        .isNotEqualTo(null)
        .isNotEqualTo("int8[2, 3]");
    assertThat(spec).hasToString("int8[2, 3]");
  }
}
