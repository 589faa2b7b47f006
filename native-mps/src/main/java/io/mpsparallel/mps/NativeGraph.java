package io.mpsparallel.mps;

/**
 * Work of one stream that was recorded. It reads and writes the memory that it was recorded with,
 * so it is launched again only after its last launch is over.
 */
interface NativeGraph extends AutoCloseable {
  /** Puts the whole work at the end of its stream; by a thread that is inside. */
  void launch();

  /** Frees the recording, which is not under way. Idempotent, any thread. */
  @Override
  void close();
}
