package io.mpsparallel.batching;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Makes inputs of the allowed sizes out of those that a model is warmed up with. */
final class Sizes {
  private Sizes() {}

  /** The cases, and each with its first row as often as each size says. */
  static List<NamedTensors> of(List<NamedTensors> cases, List<Integer> sizes) {
    List<NamedTensors> all = new ArrayList<>(cases);
    for (NamedTensors inputs : cases) {
      int rows = BatchKey.rowsOf(inputs);
      sizes.stream().filter(size -> rows > 0 && rows != size).forEach(s -> all.add(of(inputs, s)));
    }
    return all;
  }

  private static NamedTensors of(NamedTensors inputs, int rows) {
    return NamedTensors.of(
        inputs.names(), inputs.tensors().stream().map(input -> of(input, rows)).toList());
  }

  private static Tensor of(Tensor input, int rows) {
    Tensor result = Tensor.allocate(input.spec().withRows(rows));
    ByteBuffer into = result.memory();
    try (Tensor first = input.slice(0, 1)) {
      while (into.hasRemaining()) {
        first.copyTo(into);
      }
    }
    return result;
  }
}
