package io.mpsparallel.backend;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.mpsparallel.backend.InputSpec.IndexRange;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import org.junit.jupiter.api.Test;

class InputSpecTest {
  private static void assertAccepts(InputSpec spec, DType dtype, long... shape) {
    try (Tensor tensor = Tensor.allocate(TensorSpec.of(dtype, shape))) {
      assertThatCode(() -> spec.check(tensor)).doesNotThrowAnyException();
    }
  }

  private static void assertRefuses(InputSpec spec, String message, DType dtype, long... shape) {
    try (Tensor tensor = Tensor.allocate(TensorSpec.of(dtype, shape))) {
      assertFails(ErrorCode.INVALID_INPUT, () -> spec.check(tensor), message);
    }
  }

  @Test
  void check_nothingDeclared_acceptsAllButEmptyTensors() {
    InputSpec spec = InputSpec.named("x");
    assertAccepts(spec, DType.INT8);
    assertAccepts(spec, DType.FLOAT64, 1, 2, 3);
    assertRefuses(
        spec,
        "input 'x': int8[2, 0] has a zero-size dimension (expected: every dimension at least 1)",
        DType.INT8,
        2,
        0);
  }

  @Test
  void check_declaredDType_isCompared() {
    InputSpec spec = InputSpec.named("x").withDType(DType.FLOAT32);
    assertAccepts(spec, DType.FLOAT32, 7);
    assertRefuses(spec, "input 'x': dtype int64 (expected: float32[?])", DType.INT64, 7);
  }

  @Test
  void check_declaredDimensions_areCompared() {
    InputSpec spec = InputSpec.of("x", DType.FLOAT32, InputSpec.FREE, 3);
    assertAccepts(spec, DType.FLOAT32, 1, 3);
    assertAccepts(spec, DType.FLOAT32, 99, 3);
    assertRefuses(
        spec, "input 'x': rank 1 in float32[3] (expected: float32[-1, 3])", DType.FLOAT32, 3);
    assertRefuses(spec, "input 'x': float32[2, 4] (expected: float32[-1, 3])", DType.FLOAT32, 2, 4);
    assertRefuses(spec, "input 'x': float32[0, 3] (expected: float32[-1, 3])", DType.FLOAT32, 0, 3);
  }

  @Test
  void check_dimensionDeclaredAsZero_acceptsNothingElse() {
    InputSpec spec = InputSpec.named("x").withDims(0, 2);
    assertAccepts(spec, DType.INT8, 0, 2);
    assertRefuses(spec, "input 'x': int8[1, 2] (expected: ?[0, 2])", DType.INT8, 1, 2);
  }

  @Test
  void check_declaredScalar_hasNoDimensions() {
    InputSpec spec = InputSpec.named("x").withDims();
    assertAccepts(spec, DType.INT8);
    assertRefuses(spec, "rank 1 in int8[1] (expected: ?[])", DType.INT8, 1);
  }

  @Test
  void check_declaredRange_isComparedForInt64AndInt32() {
    InputSpec spec = InputSpec.named("ids").withRange(new IndexRange(-1, 5));
    try (Tensor inside = Tensor.of(new long[] {-1, 5}, 2);
        Tensor below = Tensor.of(new long[] {0, -2}, 2);
        Tensor above = Tensor.of(new int[] {0, 6}, 2);
        Tensor rows = above.slice(0, 1)) {
      spec.check(inside);
      spec.check(rows); // what lies beyond the slice does not matter
      assertFails(
          ErrorCode.INVALID_INPUT,
          () -> spec.check(below),
          "input 'ids': value -2 (expected: -1..5)");
      assertFails(
          ErrorCode.INVALID_INPUT,
          () -> spec.check(above),
          "input 'ids': value 6 (expected: -1..5)");
    }
  }

  @Test
  void check_closedTensor_isATypedError() {
    Tensor tensor = Tensor.of(new int[1], 1);
    tensor.close();
    assertFails(
        ErrorCode.CLOSED,
        () -> InputSpec.named("x").check(tensor),
        "input 'x': Tensor int32[1] (closed)");
  }

  @Test
  void withDims_belowFree_isRefused() {
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> InputSpec.of("x", DType.INT8, 2, -2),
        "input 'x': shape [2, -2] (expected: -1 or more)");
  }

  @Test
  void range_emptyOne_isRefused() {
    assertThat(new IndexRange(3, 3).max()).isEqualTo(3);
    assertFails(ErrorCode.CONFIG_INVALID, () -> new IndexRange(3, 2), "range: [3, 2] is empty");
  }

  @Test
  void with_eachPart_changesThatPartAlone() {
    InputSpec named = InputSpec.named("x");
    assertThat(named.isRequired()).isTrue();
    assertThat(named.dtype()).isEmpty();
    assertThat(named.dims()).isEmpty();
    assertThat(named.range()).isEmpty();
    assertThat(named.isDeclared()).isFalse();
    assertThat(named).hasToString("?[?]");

    InputSpec full = InputSpec.of("x", DType.INT8, 2).withRange(new IndexRange(0, 1)).optional();
    assertThat(full.name()).isEqualTo("x");
    assertThat(full.isRequired()).isFalse();
    assertThat(full.dtype()).contains(DType.INT8);
    assertThat(full.dims()).hasValueSatisfying(dims -> assertThat(dims).containsExactly(2));
    assertThat(full.range()).contains(new IndexRange(0, 1));
    assertThat(full.isDeclared()).isTrue();
    assertThat(full.withDims(3).isRequired()).isFalse();
    assertThat(full.withDims(3).range()).isPresent();
    assertThat(full.withDType(DType.BOOL)).hasToString("bool[2]");
  }

  @Test
  void dims_arraysOutside_cannotChangeTheSpec() {
    long[] given = {2};
    InputSpec spec = InputSpec.named("x").withDims(given);
    given[0] = 3;
    spec.dims().orElseThrow()[0] = 4;
    assertThat(spec).hasToString("?[2]");
  }

  @Test
  void equals_everyPart_counts() {
    InputSpec spec = InputSpec.of("x", DType.INT8, 2).withRange(new IndexRange(0, 1));
    InputSpec same = InputSpec.of("x", DType.INT8, 2).withRange(new IndexRange(0, 1));
    assertThat(spec)
        .isEqualTo(same)
        .hasSameHashCodeAs(same)
        .isNotEqualTo(spec.optional())
        .isNotEqualTo(spec.withDims(3))
        .isNotEqualTo(spec.withDType(DType.UINT8))
        .isNotEqualTo(spec.withRange(new IndexRange(0, 2)))
        .isNotEqualTo(InputSpec.of("y", DType.INT8, 2).withRange(new IndexRange(0, 1)))
        .isNotEqualTo(null);
  }
}
