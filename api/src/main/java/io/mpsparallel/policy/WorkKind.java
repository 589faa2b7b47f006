package io.mpsparallel.policy;

import static java.util.Objects.requireNonNull;

/**
 * A kind of work that is decided about by itself: requests to one model whose inputs are of about
 * the same size. Immutable, any thread.
 *
 * @param model which model
 * @param sizeBucket the bucket of the bytes of a request's inputs: 0 up to 1 KiB, 1 up to 4 KiB, 2
 *     up to 16 KiB, and so on by powers of four; at most {@link #LAST_BUCKET}
 */
public record WorkKind(String model, int sizeBucket) {
  /** The bucket of everything beyond 4^26 KiB. */
  public static final int LAST_BUCKET = 27;

  private static final int FIRST_BITS = 10; // 1 KiB

  // Checks the range.
  public WorkKind {
    requireNonNull(model, "model");
    if (sizeBucket < 0 || sizeBucket > LAST_BUCKET) {
      throw new IllegalArgumentException(
          "sizeBucket: " + sizeBucket + " (expected: 0.." + LAST_BUCKET + ")");
    }
  }

  /**
   * The kind of a request.
   *
   * @param model which model
   * @param bytes the bytes of its inputs, at least 0
   * @return the kind
   */
  public static WorkKind of(String model, long bytes) {
    return new WorkKind(model, sizeBucket(bytes));
  }

  /**
   * The bucket of a request.
   *
   * @param bytes the bytes of its inputs, at least 0
   * @return the bucket
   */
  public static int sizeBucket(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes: " + bytes + " (expected: at least 0)");
    }
    int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, bytes) - 1); // 2^bits >= bytes
    return Math.max(0, bits - FIRST_BITS + 1) / 2;
  }

  /**
   * The same kind of work of whatever version of the model: named by the model's file alone,
   * without its folder and without a number behind it, as in {@code encoder.pt #2}.
   *
   * @return the kind, which may be this one
   */
  WorkKind ofAnyVersion() {
    String name = model.replaceFirst(" #\\d+$", "").replaceFirst("^.*[/\\\\]", "");
    return name.equals(model) ? this : new WorkKind(name, sizeBucket);
  }

  /** {@return the most bytes of a request of this kind} */
  public long mostBytes() {
    return sizeBucket == LAST_BUCKET ? Long.MAX_VALUE : 1L << (FIRST_BITS + 2 * sizeBucket);
  }

  /**
   * The bucket of callers active, named by the least of it: 1, 2 (for 2 and 3), 4 (for 4 to 7), 8,
   * and so on by powers of two. Callers are not in flight all the time, so what is within 5% of a
   * bucket counts as in it.
   *
   * @param inFlight the mean number of requests in flight, at least 0
   * @return the bucket, at least 1
   */
  public static int callersBucket(double inFlight) {
    if (!(inFlight >= 0)) {
      throw new IllegalArgumentException("inFlight: " + inFlight + " (expected: at least 0)");
    }
    return Integer.highestOneBit(Math.max(1, (int) (inFlight / LoadLevel.NEARLY)));
  }
}
