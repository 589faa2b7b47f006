package io.mpsparallel.tensor;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
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
}
