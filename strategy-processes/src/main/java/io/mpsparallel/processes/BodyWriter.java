package io.mpsparallel.processes;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Writes values one after another: ints, longs, texts in UTF-8 with their length before them, and a
 * table of named tensors with their memory after it. One thread.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class BodyWriter {
  BodyWriter(ByteBuffer room) {}

  /** The bytes of a body that is nothing but a table of tensors, with their memory. */
  static long bytesFor(List<String> names, List<TensorSpec> specs) {
    throw new UnsupportedOperationException("to be built");
  }

  void putInt(int value) {
    throw new UnsupportedOperationException("to be built");
  }

  void putLong(long value) {
    throw new UnsupportedOperationException("to be built");
  }

  void putText(String value) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Writes the table; the memory is the caller's to fill, through tensors that own nothing. */
  NamedTensors stage(List<String> names, List<TensorSpec> specs) {
    throw new UnsupportedOperationException("to be built");
  }

  /** Writes the table and copies the memory. */
  void put(NamedTensors tensors) {
    throw new UnsupportedOperationException("to be built");
  }

  /** {@return how many bytes were written} */
  int length() {
    throw new UnsupportedOperationException("to be built");
  }
}
