package io.mpsparallel.batching;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.WorkItem;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What requests must have in common to be stacked: model version, names, dtypes and all dimensions
 * but the first, lengths as far as they are not filled up. A request that has no rows, or whose
 * inputs disagree about them, has a key that says no more than its model. Immutable.
 */
final class BatchKey {
  private static final TensorSpec[] NO_ROWS = {};

  private final ModelVersion version;
  private final List<String> names;
  private final TensorSpec[] specs; // of the first request; its rows do not count
  private final int bucket;
  private final int hash;

  private BatchKey(ModelVersion version, List<String> names, TensorSpec[] specs, int bucket) {
    this.version = version;
    this.names = names;
    this.specs = specs;
    this.bucket = bucket;
    int sum = 31 * (31 * System.identityHashCode(version) + names.hashCode()) + bucket;
    for (TensorSpec spec : specs) {
      sum = 31 * sum + trailingHash(spec);
    }
    hash = sum;
  }

  /** The key of a request. */
  static BatchKey of(WorkItem item) {
    NamedTensors inputs = item.inputs();
    return rowsOf(inputs) == 0
        ? new BatchKey(item.version(), List.of(), NO_ROWS, 0)
        : new BatchKey(item.version(), inputs.names(), specsOf(inputs), 0);
  }

  /** The key of a request that can be filled up to a length. */
  static BatchKey of(WorkItem item, Lengths lengths, int bucket) {
    NamedTensors inputs = item.inputs();
    TensorSpec[] specs = lengths.specs(inputs, bucket);
    return new BatchKey(item.version(), inputs.names(), specs, bucket);
  }

  /** {@return how many rows all inputs have; 0 if they have none, disagree, or have too many} */
  static int rowsOf(NamedTensors inputs) {
    long rows = 0;
    for (int i = 0; i < inputs.size(); i++) {
      TensorSpec spec = inputs.get(i).spec();
      long own = spec.rank() == 0 ? 0 : spec.dim(0);
      if (own == 0 || own > Integer.MAX_VALUE || (i > 0 && own != rows)) {
        return 0;
      }
      rows = own;
    }
    return (int) rows;
  }

  private static TensorSpec[] specsOf(NamedTensors inputs) {
    TensorSpec[] specs = new TensorSpec[inputs.size()];
    for (int i = 0; i < specs.length; i++) {
      specs[i] = inputs.get(i).spec();
    }
    return specs;
  }

  ModelVersion version() {
    return version;
  }

  /** {@return whether requests of this key have rows to be stacked} */
  boolean hasRows() {
    return specs.length > 0;
  }

  /**
   * {@return the length that requests of this key can be filled up to; 0 if they run as they are}
   */
  int bucket() {
    return bucket;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BatchKey that
        && hash == that.hash
        && version == that.version
        && bucket == that.bucket
        && names.equals(that.names)
        && Arrays.equals(specs, that.specs, BatchKey::compareTrailing);
  }

  private static int compareTrailing(TensorSpec one, TensorSpec other) {
    if (one.dtype() != other.dtype() || one.rank() != other.rank()) {
      return 1;
    }
    for (int axis = 1; axis < one.rank(); axis++) {
      if (one.dim(axis) != other.dim(axis)) {
        return 1;
      }
    }
    return 0;
  }

  private static int trailingHash(TensorSpec spec) {
    int sum = spec.dtype().hashCode() + spec.rank();
    for (int axis = 1; axis < spec.rank(); axis++) {
      sum = 31 * sum + Long.hashCode(spec.dim(axis));
    }
    return sum;
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
