package io.mpsparallel.batching;

import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The allowed sizes of batches.
 *
 * @param rows rising numbers of rows; none for any
 */
record Sizes(List<Integer> rows) {
  /**
   * Those of some settings.
   *
   * @param records whether the device records forwards of each shape
   * @param mostRows the most rows of a batch, where the sizes do not say it
   */
  static Sizes of(BatchingSettings settings, boolean records, int mostRows) {
    return new Sizes(settings.sizes().on(records, mostRows));
  }

  /** The most rows of a batch, if nothing else says it. */
  int mostRows(int otherwise) {
    return rows.isEmpty() ? otherwise : rows.get(rows.size() - 1);
  }

  /** The next allowed size; a request that is larger than all stays as it is. */
  int padded(int own) {
    for (int size : rows) {
      if (size >= own) {
        return size;
      }
    }
    return own;
  }

  /** The cases, and each with its first row as often as each size says. */
  List<NamedTensors> cases(List<NamedTensors> cases) {
    List<NamedTensors> all = new ArrayList<>(cases);
    for (NamedTensors inputs : cases) {
      int own = BatchKey.rowsOf(inputs);
      rows.stream().filter(size -> own > 0 && own != size).forEach(s -> all.add(of(inputs, s)));
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
