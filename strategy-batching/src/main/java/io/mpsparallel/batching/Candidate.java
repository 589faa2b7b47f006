package io.mpsparallel.batching;

/** A request that waits, as {@link BatchFormer} sees it. Immutable. */
interface Candidate {
  /** {@return its rows; what cannot be stacked counts as one} */
  int rows();

  /** {@return the bytes of its inputs} */
  long bytes();

  /** {@return when it was handed in} */
  long arrivalNanos();

  /** {@return when it must have started, or {@code WorkItem.NO_DEADLINE}} */
  long deadlineNanos();
}
