package io.mpsparallel.batching;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.work.WorkItem;

/**
 * A request that waits. Immutable.
 *
 * @param item the request
 * @param rows its rows; 1 if it cannot be stacked
 * @param length its length; 0 if it runs as it is
 * @param bytes the bytes of its inputs, filled up as far as they may be
 * @param arrivalNanos when it was handed in
 * @param number how many came before it
 */
record Waiting(WorkItem item, int rows, int length, long bytes, long arrivalNanos, long number)
    implements Candidate {
  /** A request that is not filled up. */
  static Waiting of(WorkItem item, long nowNanos, long number) {
    NamedTensors inputs = item.inputs();
    int rows = Math.max(1, BatchKey.rowsOf(inputs));
    return new Waiting(item, rows, 0, bytesOf(inputs), nowNanos, number);
  }

  /** The same request, of which is known how many came before. */
  Waiting numbered(long place) {
    return new Waiting(item, rows, length, bytes, arrivalNanos, place);
  }

  private static long bytesOf(NamedTensors inputs) {
    long bytes = 0;
    for (Tensor input : inputs.tensors()) {
      bytes += input.spec().byteLength();
    }
    return bytes;
  }

  /** The same request, which may be filled up from its length to another one. */
  Waiting filledUp(int ownLength, Lengths lengths) {
    long most = 0;
    for (TensorSpec spec : lengths.specs(item.inputs(), lengths.bucket(ownLength))) {
      most += spec.byteLength();
    }
    return new Waiting(item, rows, ownLength, most, arrivalNanos, number);
  }

  @Override
  public long deadlineNanos() {
    return item.deadlineNanos();
  }
}
