package io.mpsparallel.processes;

import java.util.List;

/**
 * Hands out regions of a worker's segments, by the parent alone: the worker never allocates, so it
 * cannot break this. First fit; neighbours that are free are one. Any thread: a caller closes a
 * result while others run.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class Arena {
  /** Makes the next segment, of at least so many bytes; it is announced before it is used. */
  interface Grower {
    Segment grow(int number, int bytes);
  }

  private final Grower grower;

  Arena(Segment first, Grower grower) {
    this.grower = grower;
  }

  /**
   * A region of at least so many bytes, which the caller frees; grows if nothing is free.
   *
   * @throws io.mpsparallel.error.InferenceException {@code OUT_OF_MEMORY}
   */
  Region allocate(int bytes) {
    throw new UnsupportedOperationException("to be built: " + grower);
  }

  void free(Region region) {
    throw new UnsupportedOperationException("to be built");
  }

  Segment segment(int number) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Takes out segments, but the first, that nothing lies in. */
  List<Integer> trim() {
    throw new UnsupportedOperationException("to be built");
  }
}
