package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that NumPy itself wrote; the README beside them says how. */
final class NpyGoldenTest {
  static Path golden(String name) {
    try {
      return Path.of(NpyGoldenTest.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"numpy_stored.npz", "numpy_deflated.npz"})
  void everyArray_ofSavez_hasItsValues(String file) {
    try (NpzFile npz = NpzFile.open(golden(file));
        NamedTensors all = npz.readAll()) {
      for (String order : new String[] {"little", "big"}) {
        for (String type : new String[] {"f4", "f8", "f2"}) {
          assertThat(all.get(type + "_" + order).toFloatArray())
              .as("%s %s", type, order)
              .containsExactly(-1f, -0.5f, 0f, 0.5f, 1f, 1.5f);
        }
        assertThat(all.get("i2_" + order).toShortArray())
            .containsExactly((short) -2, (short) -1, (short) 0, (short) 1, (short) 2, (short) 3);
        assertThat(all.get("i4_" + order).toIntArray()).containsExactly(-2, -1, 0, 1, 2, 3);
        assertThat(all.get("i8_" + order).toLongArray()).containsExactly(-2, -1, 0, 1, 2, 3);
      }
      assertThat(all.get("i1_little").toByteArray())
          .containsExactly((byte) -2, (byte) -1, (byte) 0, (byte) 1, (byte) 2, (byte) 3);
      assertThat(all.get("u1_little").dtype()).isEqualTo(DType.UINT8);
      assertThat(all.get("u1_little").toByteArray())
          .containsExactly((byte) 250, (byte) 251, (byte) 252, (byte) 253, (byte) 254, (byte) 255);
      assertThat(all.get("b1").toBooleanArray())
          .containsExactly(false, true, false, true, false, true);
      assertThat(all.get("f4_little").shape()).containsExactly(2, 3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"numpy_stored.npz", "numpy_deflated.npz"})
  void oddShapes_ofSavez_areKept(String file) {
    try (NpzFile npz = NpzFile.open(golden(file));
        NamedTensors all = npz.readAll()) {
      assertThat(all.get("scalar").shape()).isEmpty();
      assertThat(all.get("scalar").toFloatArray()).containsExactly(1.5f);
      assertThat(all.get("empty").shape()).containsExactly(0, 4);
      assertThat(all.get("vector").toLongArray()).containsExactly(0, 1, 2);
      assertThat(all.get("fortran_vector").toFloatArray()).containsExactly(0, 1, 2, 3, 4);
    }
  }

  @Test
  void fortranOrder_threeAxes_becomesRowMajor() {
    try (NpzFile npz = NpzFile.open(golden("numpy_stored.npz"));
        Tensor tensor = npz.read("fortran")) {
      assertThat(tensor.shape()).containsExactly(2, 3, 4);
      assertThat(tensor.toIntArray()).containsExactly(IntStream.range(0, 24).toArray());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void npyFile_ofEachVersion_hasItsValues(int version) {
    try (Tensor tensor = NpyFormat.read(golden("version" + version + ".npy"))) {
      assertThat(tensor.toFloatArray()).containsExactly(-1f, -0.5f, 0f, 0.5f, 1f, 1.5f);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "objects.npy, never read",
    "complex.npy, 'dtype ''<c8'' (expected one of: b1, f2'",
    "records.npy, not records",
    "text.npy, 'dtype ''<U2'''"
  })
  void npyFile_ofAnUnknownType_isRefusedWithTheReason(String file, String reason) {
    assertThatThrownBy(() -> NpyFormat.read(golden(file)))
        .isInstanceOfSatisfying(
            InferenceException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_INPUT))
        .hasMessageContaining(file)
        .hasMessageContaining(reason);
  }
}
