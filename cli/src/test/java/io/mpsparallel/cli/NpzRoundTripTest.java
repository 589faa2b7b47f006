package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NpzRoundTripTest {
  @Test
  void bfloat16_written_isFloat32(@TempDir Path folder) {
    Path file = folder.resolve("out.npz");
    try (NamedTensors out = NamedTensors.of(Tensor.of(DType.BFLOAT16, new float[] {1, -2.5f}, 2))) {
      NpzWriter.write(file, out);
    }
    try (NpzFile npz = NpzFile.open(file);
        Tensor read = npz.read("output0")) {
      assertThat(read.dtype()).isEqualTo(DType.FLOAT32);
      assertThat(read.toFloatArray()).containsExactly(1, -2.5f);
    }
  }

  @Test
  void largerThanAChunk_writtenAndRead_isTheSame(@TempDir Path folder) {
    Path file = folder.resolve("out.npz");
    try (NamedTensors out =
        NamedTensors.of(NpzPropertiesTest.random(TensorSpec.of(DType.FLOAT64, 123, 457), 1))) {
      NpzWriter.write(file, out);
      try (NpzFile npz = NpzFile.open(file);
          Tensor read = npz.read("output0")) {
        assertThat(read.toByteArray()).isEqualTo(out.get(0).toByteArray());
      }
    }
  }

  @Test
  void sameTensors_writtenTwice_giveTheSameBytes(@TempDir Path folder) throws IOException {
    Path one = folder.resolve("one.npz");
    Path two = folder.resolve("two.npz");
    try (NamedTensors out = NamedTensors.of(Tensor.of(new float[] {1, 2}, 2))) {
      NpzWriter.write(one, out);
      NpzWriter.write(two, out);
      NpzWriter.write(two, out); // over one that is there
    }
    assertThat(Files.readAllBytes(two)).isEqualTo(Files.readAllBytes(one));
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("one.npz", "two.npz");
  }

  @Test
  void names_missingOrUnsafe_areReplacedByPosition() {
    try (NamedTensors out =
        NamedTensors.of(
            List.of("../../evil", "a.b", "c/d"),
            List.of(
                Tensor.of(new float[1], 1),
                Tensor.of(new float[1], 1),
                Tensor.of(new float[1], 1)))) {
      assertThat(NpzWriter.names(out)).containsExactly("output0", "a.b", "output2");
    }
  }
}
