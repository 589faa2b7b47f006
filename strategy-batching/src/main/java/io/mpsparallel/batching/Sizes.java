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

  /** Those that a batch of at most so many rows can have. */
  Sizes upTo(int mostRows) {
    int most = padded(mostRows);
    return new Sizes(rows.stream().filter(size -> size <= most).toList());
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

  /**
   * The cases, and each with its first row as often as each size says.
   *
   * @param cases the caller's; the others are as well, once this returns
   * @param mostBytes the most bytes of a batch: larger ones never come to be
   */
  List<NamedTensors> cases(List<NamedTensors> cases, long mostBytes) {
    List<NamedTensors> made = new ArrayList<>();
    try {
      cases.forEach(inputs -> addSizes(inputs, mostBytes, made));
    } catch (RuntimeException | Error e) {
      made.forEach(NamedTensors::close);
      throw e;
    }
    List<NamedTensors> all = new ArrayList<>(cases);
    all.addAll(made);
    return all;
  }

  private void addSizes(NamedTensors inputs, long mostBytes, List<NamedTensors> into) {
    int own = BatchKey.rowsOf(inputs);
    for (int size : rows) {
      if (own > 0 && own != size && bytesOf(inputs) / own * size <= mostBytes) {
        into.add(of(inputs, size));
      }
    }
  }

  private static long bytesOf(NamedTensors inputs) {
    return inputs.tensors().stream().mapToLong(input -> input.spec().byteLength()).sum();
  }

  private static NamedTensors of(NamedTensors inputs, int rows) {
    List<Tensor> made = new ArrayList<>();
    try {
      inputs.tensors().forEach(input -> made.add(of(input, rows)));
      return NamedTensors.of(inputs.names(), made);
    } catch (RuntimeException | Error e) {
      made.forEach(Tensor::close);
      throw e;
    }
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
