package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class NpzPropertiesTest {
  @Property(tries = 300)
  void npy_writtenAndRead_isTheSame(@ForAll("specs") TensorSpec spec, @ForAll long seed)
      throws IOException {
    try (Tensor original = random(spec, seed)) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      NpyFormat.write(original, bytes);
      assertThat((bytes.size() - spec.byteLength()) % 64).isZero();
      ByteArrayInputStream in = new ByteArrayInputStream(bytes.toByteArray());
      try (Tensor copy = NpyFormat.read(in, bytes.size(), "memory")) {
        assertThat(copy.spec()).isEqualTo(spec);
        assertThat(copy.toByteArray()).isEqualTo(original.toByteArray());
      }
    }
  }

  @Property(tries = 60)
  void npz_writtenAndRead_isTheSame(@ForAll("specLists") List<TensorSpec> specs, @ForAll long seed)
      throws IOException {
    List<String> names = new ArrayList<>();
    List<Tensor> tensors = new ArrayList<>();
    for (TensorSpec spec : specs) {
      names.add("pair." + names.size());
      tensors.add(random(spec, seed + names.size()));
    }
    Path file = Files.createTempFile("round-trip", ".npz");
    try (NamedTensors original = NamedTensors.of(names, tensors)) {
      NpzWriter.write(file, original);
      try (NpzFile npz = NpzFile.open(file);
          NamedTensors copy = npz.readAll()) {
        assertThat(copy.names()).isEqualTo(names);
        for (int i = 0; i < tensors.size(); i++) {
          assertThat(copy.get(i).spec()).isEqualTo(specs.get(i));
          assertThat(copy.get(i).toByteArray()).isEqualTo(tensors.get(i).toByteArray());
        }
      }
    } finally {
      Files.delete(file);
    }
  }

  @Provide
  Arbitrary<TensorSpec> specs() {
    Arbitrary<DType> dtypes =
        Arbitraries.of(DType.values()).filter(dtype -> dtype != DType.BFLOAT16);
    Arbitrary<long[]> shapes = Arbitraries.longs().between(0, 9).array(long[].class).ofMaxSize(4);
    return dtypes.flatMap(dtype -> shapes.map(shape -> TensorSpec.of(dtype, shape)));
  }

  @Provide
  Arbitrary<List<TensorSpec>> specLists() {
    return specs().list().ofMaxSize(5);
  }

  static Tensor random(TensorSpec spec, long seed) {
    byte[] bytes = new byte[(int) spec.byteLength()];
    new Random(seed).nextBytes(bytes);
    if (spec.dtype() == DType.BOOL) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] &= 1;
      }
    }
    return Tensor.of(spec.dtype(), bytes, spec.shape());
  }
}
