package io.mpsparallel.processes;

import io.mpsparallel.tensor.NamedTensors;
import java.nio.ByteBuffer;

/**
 * Reads what {@link BodyWriter} wrote, and believes none of it: every count, length and offset is
 * read once, into a variable, and checked against what remains. One thread.
 *
 * <p>Everything throws {@code InferenceException}, {@code NATIVE_FAILURE}, on what cannot be: then
 * the writer is broken, and is replaced.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class BodyReader {
  BodyReader(ByteBuffer body) {}

  int getInt() {
    throw new UnsupportedOperationException("to be built");
  }

  long getLong() {
    throw new UnsupportedOperationException("to be built");
  }

  String getText() {
    throw new UnsupportedOperationException("to be built");
  }

  /**
   * Tensors over the body's own memory.
   *
   * @param release run when the last of them is closed; at once if there are none
   */
  NamedTensors getTensors(Runnable release) {
    throw new UnsupportedOperationException("to be built");
  }
}
