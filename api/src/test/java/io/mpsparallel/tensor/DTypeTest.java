package io.mpsparallel.tensor;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DTypeTest {
  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 4, true", "FLOAT64, 8, true", "FLOAT16, 2, true", "BFLOAT16, 2, true",
    "INT8, 1, false", "INT16, 2, false", "INT32, 4, false", "INT64, 8, false",
    "UINT8, 1, false", "BOOL, 1, false"
  })
  void facts_ofEachDType_areThoseOfItsFormat(DType dtype, int bytes, boolean floating) {
    assertThat(dtype.bytes()).isEqualTo(bytes);
    assertThat(dtype.isFloating()).isEqualTo(floating);
  }

  @Test
  void values_all_areKnownToTheseTests() {
    List<String> ids = Arrays.stream(DType.values()).map(DType::id).toList();
    assertThat(ids)
        .containsExactly(
            "float32",
            "float64",
            "float16",
            "bfloat16",
            "int8",
            "int16",
            "int32",
            "int64",
            "uint8",
            "bool");
  }

  @ParameterizedTest
  @EnumSource
  void of_idInAnyCase_findsTheDType(DType dtype) {
    assertThat(DType.of(dtype.id())).isSameAs(dtype);
    assertThat(DType.of(dtype.id().toUpperCase(Locale.ROOT))).isSameAs(dtype);
    assertThat(dtype).hasToString(dtype.id());
  }

  @Test
  void of_unknownId_saysWhichThereAre() {
    assertFails(
        ErrorCode.CONFIG_INVALID, () -> DType.of("float8"), "dtype: 'float8'", "float32, float64");
  }

  @ParameterizedTest
  @CsvSource({
    "BOOL, 0, 1, 2",
    "UINT8, 0, 255, 256",
    "UINT8, 1, 2, -1",
    "INT8, -128, 127, 128",
    "INT16, -32768, 32767, -32769",
    "INT32, -2147483648, 2147483647, 2147483648",
    "INT64, -9223372036854775808, 5, 9223372036854775808",
    "INT64, 1, 2, 0.5",
    "FLOAT32, 0.5, -Infinity, NaN",
    "FLOAT64, 1e300, 0, NaN",
    "FLOAT16, 1, 2, NaN",
    "BFLOAT16, 1, 2, NaN"
  })
  void holds_values_ofItsKindAndRange(DType dtype, double one, double other, double not) {
    assertThat(dtype.holds(one)).isTrue();
    assertThat(dtype.holds(other)).isTrue();
    assertThat(dtype.holds(not)).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void put_aValue_isOneElement(DType dtype) {
    double value = dtype == DType.BOOL ? 1 : 5;
    try (Tensor tensor = Tensor.allocate(TensorSpec.of(dtype, 1))) {
      ByteBuffer bytes = tensor.buffer();
      dtype.put(bytes, value);
      assertThat(bytes.hasRemaining()).isFalse();
      assertThat(read(tensor)).isEqualTo(value);
    }
  }

  private static double read(Tensor tensor) {
    return switch (tensor.dtype()) {
      case INT64 -> tensor.toLongArray()[0];
      case INT32 -> tensor.toIntArray()[0];
      case INT16 -> tensor.toShortArray()[0];
      case INT8, UINT8, BOOL -> tensor.toByteArray()[0];
      default -> tensor.toFloatArray()[0];
    };
  }
}
