package io.mpsparallel.mps;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;

/**
 * Few sizes instead of many: on Apple GPUs every new shape of an input leaves a compiled graph
 * behind that nothing gives back (libtorch issues 132596 and 181213), so rows are rounded up. Pure.
 */
final class RowBuckets {
  /** There is no common number of rows. */
  static final long NONE = -1;

  private static final int STEPS = 4; // from one power of two to the next

  private RowBuckets() {}

  /**
   * The size to use for a number of rows: 1 to 8 themselves, then four steps for each power of two,
   * so that at most a quarter is added.
   */
  static long bucket(long rows) {
    if (rows <= 2 * STEPS) {
      return rows;
    }
    long step = Long.highestOneBit(rows - 1) / STEPS;
    return (rows + step - 1) / step * step;
  }

  /** A spec with its rows rounded up; as it is if there are none, or it would have over 2 GiB. */
  static TensorSpec bucketed(TensorSpec spec, long rows) {
    if (rows == NONE || rows == 0) {
      return spec;
    }
    TensorSpec full = spec.withRows(bucket(rows));
    return full.byteLength() > Integer.MAX_VALUE ? spec : full;
  }

  /** The size of dimension 0 that all tensors have, or {@link #NONE}. */
  static long commonRows(NamedTensors tensors) {
    long rows = NONE;
    for (Tensor tensor : tensors.tensors()) {
      long own = tensor.spec().rank() == 0 ? NONE : tensor.spec().dim(0);
      if (own < 1 || (rows != NONE && rows != own)) {
        return NONE;
      }
      rows = own;
    }
    return rows;
  }
}
