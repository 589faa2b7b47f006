package io.mpsparallel.backend;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SignatureTest {
  private static final Signature TWO =
      new Signature(
          List.of(
              InputSpec.of("x", DType.FLOAT32, InputSpec.FREE), InputSpec.named("mask").optional()),
          List.of("y"));
  private static final String DESCRIBED = "(expected: x float32[-1], mask ?[?])";

  private final Tensor floats = Tensor.of(new float[] {1, 2}, 2);
  private final Tensor ints = Tensor.of(new int[] {1, 2}, 2);

  @AfterEach
  void closeTensors() {
    floats.close();
    ints.close();
  }

  private static NamedTensors named(String name, Tensor tensor) {
    return NamedTensors.of(List.of(name), List.of(tensor));
  }

  @Test
  void check_positional_getsTheNames() {
    assertThat(TWO.check(NamedTensors.of(floats, ints)).names()).containsExactly("x", "mask");
    NamedTensors one = TWO.check(NamedTensors.of(floats));
    assertThat(one.names()).containsExactly("x");
    assertThat(one.tensors()).containsExactly(floats);
  }

  @Test
  void check_positionalOfWrongCount_saysWhatWasExpected() {
    assertFails(
        ErrorCode.INVALID_INPUT, () -> TWO.check(NamedTensors.of()), "0 inputs [] " + DESCRIBED);
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> TWO.check(NamedTensors.of(floats, ints, ints)),
        "3 inputs [float32[2], int32[2], int32[2]] " + DESCRIBED);
  }

  @Test
  void check_positionalThatEndsBeforeARequiredInput_isRefused() {
    Signature optionalFirst =
        new Signature(List.of(InputSpec.named("bias").optional(), InputSpec.named("x")), List.of());
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> optionalFirst.check(NamedTensors.of(floats)),
        "1 inputs [float32[2]] (expected: bias ?[?], x ?[?])");
    assertThat(optionalFirst.check(NamedTensors.of(ints, floats)).names())
        .containsExactly("bias", "x");
    assertThat(optionalFirst.check(named("x", floats)).names()).containsExactly("x");
  }

  @Test
  void check_positionalOfWrongDType_namesTheInput() {
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> TWO.check(NamedTensors.of(ints)),
        "input 'x': dtype int32 (expected: float32[-1])");
  }

  @Test
  void check_named_keepsTheCallersOrderAndObject() {
    NamedTensors given = NamedTensors.of(List.of("mask", "x"), List.of(ints, floats));
    assertThat(TWO.check(given)).isSameAs(given);
    NamedTensors one = named("x", floats);
    assertThat(TWO.check(one)).isSameAs(one);
  }

  @Test
  void check_unknownName_saysWhichThereAre() {
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> TWO.check(named("z", floats)),
        "input 'z': no such input " + DESCRIBED);
    assertFails(
        ErrorCode.INVALID_INPUT, () -> TWO.check(named("xs", floats)), "input 'xs': no such input");
  }

  @Test
  void check_missingRequiredName_saysWhich() {
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> TWO.check(named("mask", ints)),
        "input 'x' is missing " + DESCRIBED);
  }

  @Test
  void check_namedOfWrongDType_namesTheInput() {
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> TWO.check(named("x", ints)),
        "input 'x': dtype int32 (expected: float32[-1])");
  }

  @Test
  void check_dottedNames_arePartsOfTheirInput() {
    Signature pair = new Signature(List.of(InputSpec.named("pair")), List.of());
    NamedTensors given = NamedTensors.of(List.of("pair.0", "pair.1"), List.of(floats, ints));
    assertThat(pair.check(given)).isSameAs(given);
    assertFails(
        ErrorCode.INVALID_INPUT, () -> pair.check(named("pairs.0", floats)), "no such input");
  }

  @Test
  void input_exactName_goesBeforeAPartOfAnother() {
    InputSpec whole = InputSpec.named("a").optional();
    InputSpec own = InputSpec.of("a.b", DType.INT32, 2);
    Signature signature = new Signature(List.of(whole, own), List.of());
    assertThat(signature.input("a.b")).contains(own);
    assertThat(signature.input("a.c")).contains(whole);
    assertThat(signature.input("a")).contains(whole);
    assertThat(signature.input("ab")).isEmpty();
    assertFails(
        ErrorCode.INVALID_INPUT,
        () -> signature.check(named("a.b", floats)),
        "input 'a.b': dtype float32 (expected: int32[2])");
  }

  @Test
  void check_nothingKnown_refusesOnlyWhatNoModelTakes() {
    NamedTensors given = NamedTensors.of(floats, ints);
    assertThat(Signature.UNKNOWN.check(given)).isSameAs(given);
    try (Tensor empty = Tensor.of(new float[0], 0)) {
      assertFails(
          ErrorCode.INVALID_INPUT,
          () -> Signature.UNKNOWN.check(NamedTensors.of(empty)),
          "float32[0] has a zero-size dimension");
    }
  }

  @Test
  void check_closedTensor_isATypedError() {
    floats.close();
    assertFails(ErrorCode.CLOSED, () -> TWO.check(NamedTensors.of(floats)), "input 'x'");
    assertFails(ErrorCode.CLOSED, () -> TWO.check(named("x", floats)), "input 'x'");
    assertFails(ErrorCode.CLOSED, () -> Signature.UNKNOWN.check(NamedTensors.of(floats)), "closed");
  }

  @Test
  void new_listsChangedLater_keepsWhatWasGiven() {
    List<InputSpec> inputs = new ArrayList<>(List.of(InputSpec.named("x")));
    Signature signature = new Signature(inputs, List.of());
    inputs.clear();
    assertThat(signature.inputs()).hasSize(1);
    assertThat(signature.describe()).isEqualTo("x ?[?]");
  }

  @Test
  void checkStaged_everythingButValues_isChecked() {
    InputSpec ids = InputSpec.of("ids", DType.INT64, 2).withRange(new InputSpec.IndexRange(3, 5));
    Signature signature = new Signature(List.of(ids), List.of());
    try (Tensor zeros = Tensor.of(new long[2], 2);
        Tensor three = Tensor.of(new long[3], 3)) {
      NamedTensors staged = NamedTensors.of(List.of("ids"), List.of(zeros));
      assertThat(signature.checkStaged(staged)).isSameAs(staged);
      assertFails(ErrorCode.INVALID_INPUT, () -> signature.check(staged), "value 0");
      assertFails(
          ErrorCode.INVALID_INPUT, () -> signature.checkStaged(NamedTensors.of(three)), "int64[3]");
    }
  }
}
