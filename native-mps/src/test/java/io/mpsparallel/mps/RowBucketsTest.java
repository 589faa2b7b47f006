package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RowBucketsTest {
  @Test
  void bucket_anyRows_addsAtMostAQuarter() {
    for (long rows = 1; rows <= 5000; rows++) {
      long bucket = RowBuckets.bucket(rows);
      assertThat(bucket).isBetween(rows, rows + rows / 4);
      assertThat(RowBuckets.bucket(bucket)).isEqualTo(bucket);
      assertThat(RowBuckets.bucket(rows + 1)).isGreaterThanOrEqualTo(bucket);
    }
  }

  @Test
  void bucket_upTo4096Rows_hasFewSizes() {
    assertThat(LongStream.rangeClosed(1, 4096).map(RowBuckets::bucket).distinct().count())
        .isEqualTo(44); // 8, and 4 for each of the 9 powers of two beyond
  }

  @Test
  void commonRows_isOnlyWhatAllHave() {
    try (Tensor two = Tensor.of(new float[6], 2, 3);
        Tensor alsoTwo = Tensor.of(new long[2], 2);
        Tensor three = Tensor.of(new float[3], 3);
        Tensor scalar = Tensor.of(new float[1]);
        Tensor none = Tensor.of(new float[0], 0)) {
      assertThat(RowBuckets.commonRows(NamedTensors.of(two, alsoTwo))).isEqualTo(2);
      assertThat(RowBuckets.commonRows(NamedTensors.of(two, three))).isEqualTo(RowBuckets.NONE);
      assertThat(RowBuckets.commonRows(NamedTensors.of(scalar, two))).isEqualTo(RowBuckets.NONE);
      assertThat(RowBuckets.commonRows(NamedTensors.of(none))).isEqualTo(RowBuckets.NONE);
    }
  }

  @Test
  void bucketed_tooLarge_staysAsItIs() {
    TensorSpec large = TensorSpec.of(DType.UINT8, 9, 230_000_000);
    assertThat(RowBuckets.bucketed(large, 9)).isEqualTo(large);
  }
}
