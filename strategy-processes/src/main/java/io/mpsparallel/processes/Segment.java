package io.mpsparallel.processes;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A file that two processes map, and the mapping of this one. It is unmapped, at once, when the
 * last owner lets go: the link, and every tensor over it that a caller still holds. Any thread.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class Segment implements AutoCloseable {
  private Segment() {}

  /**
   * Makes a file of mode 0600 and maps it; by the parent.
   *
   * @param directory {@code /dev/shm}, or a private directory
   * @throws io.mpsparallel.error.InferenceException {@code OUT_OF_MEMORY} if there is no room
   */
  static Segment create(Path directory, int bytes) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Maps a file that the parent made; by the worker. */
  static Segment open(Path file, int bytes) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Deletes the file; mappings stay. Idempotent. */
  void unlink() {
    throw new UnsupportedOperationException("to be built");
  }

  int length() {
    throw new UnsupportedOperationException("to be built");
  }

  Path file() {
    throw new UnsupportedOperationException("to be built");
  }

  /** All of it, in the machine's byte order; while the caller is an owner. */
  ByteBuffer buffer() {
    throw new UnsupportedOperationException("to be built");
  }

  /** One owner more. */
  void retain() {
    throw new UnsupportedOperationException("to be built");
  }

  /** One owner less; the last one unmaps it. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("to be built");
  }
}
