package io.mpsparallel.backend;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.InputSpec.IndexRange;
import io.mpsparallel.backend.Padding.Fill;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PaddingTest {
  private static final InputSpec IDS =
      InputSpec.of("ids", DType.INT64, -1, -1).withRange(new IndexRange(0, 99));
  private static final InputSpec MASK = InputSpec.of("mask", DType.FLOAT32, -1, -1);
  private static final Signature SIGNATURE =
      new Signature(List.of(IDS, MASK), List.of("tokens", "pooled"));
  private static final Padding RULES =
      Padding.to(4, 8).input("ids", 1, 0).output("tokens", 1).output("pooled");

  private static void assertRefused(Padding rules, Signature signature, String... parts) {
    assertFails(ErrorCode.CONFIG_INVALID, () -> rules.check(signature), parts);
  }

  private static Signature ids(InputSpec ids) {
    return new Signature(List.of(ids), SIGNATURE.outputs());
  }

  // ---- declaring ----

  @Test
  void rules_saidOnce_areToldAgain() {
    Padding rules = RULES.mask("mask");
    assertThat(rules.lengths()).containsExactly(4, 8);
    assertThat(rules.fill("ids")).isEqualTo(new Fill(1, 0));
    assertThat(rules.fill("mask")).isEqualTo(new Fill(1, 0));
    assertThat(rules.fill("other")).isNull();
    assertThat(rules.cut("tokens")).hasValue(1);
    assertThat(rules.cut("pooled")).hasValue(0);
    assertThat(rules.cut("other")).isEmpty();
    assertThat(rules.mask()).hasValue("mask");
    assertThat(rules.isNone()).isFalse();
    assertThat(Padding.NONE.isNone()).isTrue();
    assertThat(rules).hasToString(rules.toString()).asString().contains("[4, 8]", "mask mask");
  }

  @Test
  void rules_areValues() {
    Padding same = Padding.to(4, 8).input("ids", 1, 0).output("tokens", 1).output("pooled");
    assertThat(RULES).isEqualTo(same).hasSameHashCodeAs(same);
    assertThat(RULES)
        .isNotEqualTo(RULES.mask("mask"))
        .isNotEqualTo(RULES.input("ids", 1, 1))
        .isNotEqualTo(RULES.output("pooled", 1))
        .isNotEqualTo(Padding.NONE)
        .isNotEqualTo(null);
    long[] lengths = RULES.lengths();
    lengths[0] = 99;
    assertThat(RULES.lengths()).containsExactly(4, 8);
  }

  @Test
  void rules_thatCannotBe_areRefused() {
    String rising = "(expected: rising lengths of at least 1)";
    assertFails(ErrorCode.CONFIG_INVALID, Padding::to, "padding.lengths: []", rising);
    for (long[] bad : new long[][] {{0}, {4, 4}, {8, 4}, {1L << 31}}) {
      assertFails(ErrorCode.CONFIG_INVALID, () -> Padding.to(bad), "padding.lengths: [", rising);
    }
    assertFails(
        ErrorCode.CONFIG_INVALID, () -> RULES.input("x", 0, 0), "padding.inputs.x.dim: 0", "1..63");
    assertFails(ErrorCode.CONFIG_INVALID, () -> RULES.output("y", 64), "padding.outputs.y.dim: 64");
    assertFails(
        ErrorCode.CONFIG_INVALID,
        () -> RULES.input("x", 1, Double.NaN),
        "padding.inputs.x.value: NaN (expected: a number)");
    assertThatThrownBy(() -> RULES.mask(null)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void bucket_anyLength_isTheSmallestThatHoldsIt() {
    assertThat(RULES.bucket(1)).isEqualTo(4);
    assertThat(RULES.bucket(4)).isEqualTo(4);
    assertThat(RULES.bucket(5)).isEqualTo(8);
    assertThat(RULES.bucket(9)).isZero();
    assertThat(Padding.NONE.bucket(1)).isZero();
  }

  // ---- together with a signature ----

  @Test
  void check_whatFits_passes() {
    RULES.check(SIGNATURE);
    RULES.mask("mask").check(SIGNATURE);
    RULES.check(ids(InputSpec.named("ids").withDType(DType.INT32)));
    Padding.NONE.check(Signature.UNKNOWN);
  }

  @Test
  void check_inputs_mustBeThereAndDeclaredWithADType() {
    assertRefused(
        Padding.to(4).output("tokens", 1).output("pooled"), SIGNATURE, "padding.inputs: none");
    assertRefused(
        RULES.input("x", 1, 0), SIGNATURE, "padding.inputs.x: no such input", "ids int64[-1, -1]");
    assertRefused(
        RULES, ids(InputSpec.named("ids")), "padding.inputs.ids: ?[?] (expected: a declared dtype");
  }

  @Test
  void check_dimensions_mustBeFree() {
    for (InputSpec fixed :
        List.of(
            InputSpec.of("ids", DType.INT64, -1),
            InputSpec.of("ids", DType.INT64, -1, 8),
            InputSpec.of("ids", DType.INT64, 1, -1))) {
      assertRefused(
          RULES, ids(fixed), "padding.inputs.ids.dim: 1 of int64[", "-1 there and in dimension 0");
    }
  }

  @Test
  void check_value_mustFitDTypeAndRange() {
    assertRefused(
        RULES.input("ids", 1, 0.5), SIGNATURE, "padding.inputs.ids.value: 0.5", "of int64");
    assertRefused(
        RULES.input("ids", 1, 100), SIGNATURE, "padding.inputs.ids.value: 100.0", "0..99");
    assertRefused(RULES.input("ids", 1, -1), SIGNATURE, "0..99");
  }

  @Test
  void check_mask_isAnInputOfRowsAndLengthOfItsOwn() {
    assertRefused(RULES.mask("none"), SIGNATURE, "padding.mask: 'none': no such input");
    assertRefused(RULES.mask("ids"), SIGNATURE, "padding.mask: 'ids' is one of the inputs");
    Signature deep =
        new Signature(
            List.of(IDS, InputSpec.of("mask", DType.BOOL, -1, -1, 1)), SIGNATURE.outputs());
    assertRefused(RULES.mask("mask"), deep, "padding.mask: 'mask' has 3 dimensions");
  }

  /** What is not said about an output is not guessed. */
  @Test
  void check_outputs_mustAllBeNamed() {
    Padding one = Padding.to(4).input("ids", 1, 0).output("tokens", 1);
    assertRefused(
        one, SIGNATURE, "padding.outputs: [tokens]", "the declared outputs: [tokens, pooled]");
    assertRefused(RULES.output("more"), SIGNATURE, "padding.outputs: [tokens, pooled, more]");
    assertRefused(RULES, new Signature(List.of(IDS), List.of()), "the declared outputs: []");
    assertRefused(
        Padding.to(4).input("ids", 1, 0), new Signature(List.of(IDS), List.of()), "outputs: []");
  }

  @Test
  void forCallers_aMask_mayBeLeftOut() {
    Signature stated = SIGNATURE.withIndependentRows();
    assertThat(RULES.mask("mask").forCallers(stated))
        .isEqualTo(
            new Signature(List.of(IDS, MASK.optional()), SIGNATURE.outputs())
                .withIndependentRows());
    assertThat(RULES.mask("mask").forCallers(SIGNATURE).independentRows()).isFalse();
    assertThat(RULES.forCallers(SIGNATURE)).isSameAs(SIGNATURE);
  }

  // ---- requests ----

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 9})
  void lengthOf_inputsThatAgree_isTheirs(int length) {
    try (NamedTensors inputs =
        NamedTensors.of(List.of("ids"), List.of(Tensor.of(new long[2 * length], 2, length)))) {
      assertThat(RULES.lengthOf(inputs)).isEqualTo(length);
    }
  }

  @Test
  void lengthOf_inputsThatDisagreeOrHaveNone_isZero() {
    Padding two = RULES.input("other", 1, 0);
    try (Tensor three = Tensor.of(new long[3], 1, 3);
        Tensor four = Tensor.of(new long[4], 1, 4);
        Tensor flat = Tensor.of(new long[4], 4)) {
      assertThat(two.lengthOf(NamedTensors.of(List.of("ids", "other"), List.of(three, four))))
          .isZero();
      assertThat(two.lengthOf(NamedTensors.of(List.of("ids", "free"), List.of(three, four))))
          .isEqualTo(3);
      assertThat(two.lengthOf(NamedTensors.of(List.of("ids"), List.of(flat)))).isZero();
      assertThat(two.lengthOf(NamedTensors.of(List.of("free"), List.of(four)))).isZero();
      assertThat(two.lengthOf(NamedTensors.of(four))).isZero();
    }
  }

  @Test
  void complete_maskLeftOut_isMade() {
    try (Tensor ids = Tensor.of(new long[6], 2, 3);
        NamedTensors made =
            RULES.mask("mask").complete(NamedTensors.of(List.of("ids"), List.of(ids)), SIGNATURE)) {
      assertThat(made.names()).containsExactly("ids", "mask");
      assertThat(made.get("mask").shape()).containsExactly(2, 3);
      assertThat(made.get("mask").toFloatArray()).containsOnly(1).hasSize(6);
    }
  }

  @Test
  void complete_nothingToDo_isTheSameObject() {
    try (Tensor ids = Tensor.of(new long[3], 1, 3);
        Tensor mask = Tensor.of(new float[3], 1, 3)) {
      NamedTensors both = NamedTensors.of(List.of("ids", "mask"), List.of(ids, mask));
      assertThat(RULES.mask("mask").complete(both, SIGNATURE)).isSameAs(both);
      NamedTensors one = NamedTensors.of(List.of("ids"), List.of(ids));
      assertThat(RULES.complete(one, SIGNATURE)).isSameAs(one);
    }
  }

  @Test
  void complete_noLength_isRefused() {
    try (Tensor flat = Tensor.of(new long[3], 3)) {
      NamedTensors inputs = NamedTensors.of(List.of("ids"), List.of(flat));
      assertFails(
          ErrorCode.INVALID_INPUT,
          () -> RULES.mask("mask").complete(inputs, SIGNATURE).close(),
          "input 'mask' cannot be made for [ids: int64[3]]");
    }
  }
}
