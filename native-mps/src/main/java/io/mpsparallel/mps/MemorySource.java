package io.mpsparallel.mps;

import java.nio.ByteBuffer;

/** Where staging memory comes from: the host's heap-off memory, or pinned memory. Any thread. */
interface MemorySource {
  /**
   * Allocates memory.
   *
   * @throws OutOfMemoryError if there is none, or an exception of code {@code OUT_OF_MEMORY}
   */
  ByteBuffer allocate(int bytes);

  /** Frees what {@link #allocate} returned: that very object, once. */
  void free(ByteBuffer memory);
}
