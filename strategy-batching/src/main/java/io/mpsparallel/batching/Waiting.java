package io.mpsparallel.batching;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.WorkItem;

/**
 * A request that waits. Immutable.
 *
 * @param item the request
 * @param rows its rows; 1 if it cannot be stacked
 * @param bytes the bytes of its inputs
 * @param arrivalNanos when it was handed in
 * @param number how many came before it
 */
record Waiting(WorkItem item, int rows, long bytes, long arrivalNanos, long number)
    implements Candidate {
  static Waiting of(WorkItem item, long nowNanos, long number) {
    NamedTensors inputs = item.inputs();
    int rows = Math.max(1, BatchKey.rowsOf(inputs));
    return new Waiting(item, rows, bytesOf(inputs), nowNanos, number);
  }

  private static long bytesOf(NamedTensors inputs) {
    long bytes = 0;
    for (Tensor input : inputs.tensors()) {
      bytes += input.spec().byteLength();
    }
    return bytes;
  }

  @Override
  public long deadlineNanos() {
    return item.deadlineNanos();
  }
}
