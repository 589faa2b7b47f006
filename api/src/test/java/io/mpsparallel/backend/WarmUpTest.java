package io.mpsparallel.backend;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.InputSpec.IndexRange;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WarmUpTest {
  private static final Signature ENCODER =
      signature(
          InputSpec.of("ids", DType.INT64, -1, 8).withRange(new IndexRange(5, 9)),
          InputSpec.named("mask").optional());

  private static Signature signature(InputSpec... inputs) {
    return new Signature(List.of(inputs), List.of());
  }

  private static WarmUp one(String name, long... shape) {
    return WarmUp.of(List.of(Map.of(name, shape)));
  }

  // ---- of ----

  @Test
  void of_cases_areCopiedBothWays() {
    long[] shape = {1, 2};
    Map<String, long[]> shapes = new LinkedHashMap<>(Map.of("x", shape));
    List<Map<String, long[]>> cases = new ArrayList<>(List.of(shapes));
    WarmUp warmUp = WarmUp.of(cases);
    shape[0] = 7;
    shapes.put("y", shape);
    cases.clear();
    warmUp.cases().get(0).get("x")[1] = 7;
    assertThat(warmUp.cases()).hasSize(1);
    assertThat(warmUp.cases().get(0)).containsOnlyKeys("x").containsEntry("x", new long[] {1, 2});
    assertThat(warmUp).hasToString("[{x=[1, 2]}]");
  }

  @Test
  void of_noCases_isNone() {
    assertThat(WarmUp.of(List.of())).isSameAs(WarmUp.NONE);
    assertThat(WarmUp.NONE.isNone()).isTrue();
    assertThat(WarmUp.NONE.specs(ENCODER)).isEmpty();
    assertThat(one("x", 1).isNone()).isFalse();
  }

  @Test
  void of_caseWithoutInputs_isRefused() {
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> WarmUp.of(List.of(Map.of("x", new long[] {1}), Map.of())),
        "warm-up[1]: {} (expected: the shape of each input)");
  }

  @ParameterizedTest
  @CsvSource({"0", "-1", "-2"})
  void of_dimensionBelowOne_isRefused(long dim) {
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> one("x", 4, dim),
        "warm-up[0]: input 'x': shape [4, " + dim + "] (expected: 1 or more)");
  }

  @Test
  void of_null_isRefusedWithItsName() {
    assertThatThrownBy(() -> WarmUp.of(List.of(Collections.singletonMap("x", null))))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("x");
    assertThatThrownBy(() -> WarmUp.of(null)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void equals_casesAndTheirOrder_count() {
    Map<String, long[]> small = Map.of("x", new long[] {1});
    Map<String, long[]> large = Map.of("x", new long[] {8});
    assertThat(WarmUp.of(List.of(small, large)))
        .isEqualTo(WarmUp.of(List.of(small, large)))
        .hasSameHashCodeAs(WarmUp.of(List.of(small, large)))
        .isNotEqualTo(WarmUp.of(List.of(large, small)))
        .isNotEqualTo(WarmUp.of(List.of(small)))
        .isNotEqualTo(null);
  }

  // ---- orFixed ----

  @Test
  void orFixed_everyRequiredInputFixed_isThatShape() {
    Signature fixed =
        signature(
            InputSpec.of("x", DType.FLOAT16, 2, 3),
            InputSpec.of("scale", DType.FLOAT32),
            InputSpec.named("mask").optional());
    assertThat(WarmUp.NONE.orFixed(fixed).specs(fixed))
        .containsExactly(
            Map.of("x", TensorSpec.of(DType.FLOAT16, 2, 3), "scale", TensorSpec.of(DType.FLOAT32)));
  }

  @Test
  void orFixed_somethingFree_isNone() {
    InputSpec fixed = InputSpec.of("x", DType.FLOAT32, 2);
    for (InputSpec other :
        List.of(
            InputSpec.of("y", DType.FLOAT32, -1),
            InputSpec.of("y", DType.FLOAT32, 0),
            InputSpec.named("y").withDims(2),
            InputSpec.named("y").withDType(DType.FLOAT32))) {
      assertThat(WarmUp.NONE.orFixed(signature(fixed, other))).isSameAs(WarmUp.NONE);
    }
    assertThat(WarmUp.NONE.orFixed(Signature.UNKNOWN)).isSameAs(WarmUp.NONE);
    assertThat(WarmUp.NONE.orFixed(signature(fixed.optional()))).isSameAs(WarmUp.NONE);
  }

  @Test
  void orFixed_casesDeclared_staysAsItIs() {
    WarmUp declared = one("x", 2);
    assertThat(declared.orFixed(signature(InputSpec.of("x", DType.FLOAT32, 2)))).isSameAs(declared);
  }

  // ---- specs ----

  @Test
  void specs_declared_haveItsDTypes() {
    WarmUp warmUp =
        WarmUp.of(
            List.of(
                Map.of("ids", new long[] {1, 8}),
                Map.of("ids", new long[] {4, 8}, "mask", new long[] {4})));
    assertThat(warmUp.specs(ENCODER))
        .containsExactly(
            Map.of("ids", TensorSpec.of(DType.INT64, 1, 8)),
            Map.of(
                "ids", TensorSpec.of(DType.INT64, 4, 8), "mask", TensorSpec.of(DType.FLOAT32, 4)));
  }

  @Test
  void specs_nothingKnown_areFloatsUnderAnyName() {
    assertThat(one("anything", 2, 3).specs(Signature.UNKNOWN))
        .containsExactly(Map.of("anything", TensorSpec.of(DType.FLOAT32, 2, 3)));
  }

  @Test
  void specs_dottedNames_arePartsOfTheirInput() {
    Signature pair = signature(InputSpec.named("pair").withDType(DType.INT32));
    WarmUp parts = WarmUp.of(List.of(Map.of("pair.0", new long[] {2}, "pair.1", new long[] {3})));
    assertThat(parts.specs(pair))
        .containsExactly(
            Map.of(
                "pair.0", TensorSpec.of(DType.INT32, 2), "pair.1", TensorSpec.of(DType.INT32, 3)));
  }

  @Test
  void specs_caseThatTheModelWouldRefuse_namesCaseAndInput() {
    String described = "(expected: ids int64[-1, 8], mask ?[?])";
    assertRefused(one("id", 1, 8), "warm-up[0]: input 'id': no such input " + described);
    assertRefused(one("mask", 1), "warm-up[0]: input 'ids' is missing " + described);
    assertRefused(
        one("ids", 1, 7), "warm-up[0]: input 'ids': int64[1, 7] (expected: int64[-1, 8])");
    assertRefused(
        WarmUp.of(List.of(Map.of("ids", new long[] {1, 8}), Map.of("ids", new long[] {8}))),
        "warm-up[1]: input 'ids': rank 1 in int64[8] (expected: int64[-1, 8])");
  }

  @Test
  void specs_moreThanATensorHolds_namesCaseAndInput() {
    assertRefused(
        one("ids", 1L << 25, 8), "warm-up[0]: input 'ids': int64[33554432, 8]: 2147483648 bytes");
    assertRefused(one("ids", Long.MAX_VALUE, 8), "warm-up[0]: input 'ids': shape int64[");
  }

  private static void assertRefused(WarmUp warmUp, String message) {
    assertFails(ErrorCode.CONFIG_INVALID, () -> warmUp.specs(ENCODER), "INVALID: " + message);
  }

  // ---- inputs ----

  @Test
  void inputs_declaredRange_areTheSmallestAllowedValue() {
    Signature signature =
        signature(
            InputSpec.of("ids", DType.INT64, 2).withRange(new IndexRange(5, 9)),
            InputSpec.of("kinds", DType.INT32, 2).withRange(new IndexRange(-3, 1)),
            InputSpec.of("low", DType.INT32, 1).withRange(new IndexRange(Long.MIN_VALUE, 1)),
            InputSpec.of("x", DType.FLOAT32, 2));
    WarmUp warmUp = WarmUp.NONE.orFixed(signature);
    try (NamedTensors inputs = WarmUp.inputs(warmUp.specs(signature).get(0), signature)) {
      assertThat(inputs.names()).containsExactly("ids", "kinds", "low", "x");
      assertThat(inputs.get("ids").toLongArray()).containsExactly(5, 5);
      assertThat(inputs.get("kinds").toIntArray()).containsExactly(-3, -3);
      assertThat(inputs.get("low").toIntArray()).containsExactly(Integer.MIN_VALUE);
      assertThat(inputs.get("x").toFloatArray()).containsExactly(0, 0);
    }
  }

  @Property(tries = 300)
  void inputs_anyCaseThatFits_passTheSignaturesCheck(
      @ForAll @Size(max = 4) List<@LongRange(min = 1, max = 5) Long> dims,
      @ForAll DType dtype,
      @ForAll int min,
      @ForAll boolean free,
      @ForAll boolean known) {
    long[] shape = dims.stream().mapToLong(Long::longValue).toArray();
    long[] declared = shape.clone();
    Arrays.fill(declared, 0, free ? declared.length / 2 : 0, InputSpec.FREE);
    Signature signature =
        known
            ? signature(InputSpec.of("x", dtype, declared).withRange(new IndexRange(min, min + 1L)))
            : Signature.UNKNOWN;
    List<Map<String, TensorSpec>> specs = one("x", shape).specs(signature);
    try (NamedTensors inputs = WarmUp.inputs(specs.get(0), signature)) {
      assertThat(signature.check(inputs)).isSameAs(inputs);
      assertThat(inputs.get("x").spec())
          .isEqualTo(TensorSpec.of(known ? dtype : DType.FLOAT32, shape));
    }
  }

  @Property(tries = 300)
  void cases_ofAnyShapes_makeTheSameWarmUp(
      @ForAll @Size(min = 1, max = 3) List<@Size(max = 4) List<@LongRange(min = 1) Long>> shapes) {
    List<Map<String, long[]>> cases =
        shapes.stream()
            .map(dims -> Map.of("x", dims.stream().mapToLong(Long::longValue).toArray()))
            .toList();
    WarmUp warmUp = WarmUp.of(cases);
    assertThat(WarmUp.of(warmUp.cases())).isEqualTo(warmUp).hasSameHashCodeAs(warmUp);
  }
}
