package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes values one after another: ints, longs, texts in UTF-8 with their length before them, and a
 * table of named tensors with their memory after it. One thread.
 */
final class BodyWriter {
  /** The most tensors of one table. */
  static final int MOST_TENSORS = 4096;

  private static final int FIRST_BYTES = 512;
  private static final int HEAD_BYTES = 8;
  private static final int ROW_BYTES = 8;

  private final boolean grows;
  private ByteBuffer out;

  /** Into room that is there; more than fits is an {@code IllegalStateException}. */
  BodyWriter(ByteBuffer room) {
    this(room.slice(), false);
  }

  private BodyWriter(ByteBuffer out, boolean grows) {
    this.out = out.order(ByteOrder.nativeOrder());
    this.grows = grows;
  }

  /** Into memory of its own, which grows: for small bodies whose length is not known before. */
  static BodyWriter growing() {
    return new BodyWriter(ByteBuffer.allocate(FIRST_BYTES), true);
  }

  /** The bytes of a body that is nothing but a table of tensors, with their memory. */
  static long bytesFor(List<String> names, List<TensorSpec> specs) {
    long bytes = HEAD_BYTES;
    for (String name : names) {
      bytes += Integer.BYTES + name.getBytes(StandardCharsets.UTF_8).length;
    }
    for (TensorSpec spec : specs) {
      bytes += ROW_BYTES + (long) Long.BYTES * spec.rank();
    }
    for (TensorSpec spec : specs) {
      bytes = Math.addExact(SlabLayout.aligned(bytes), spec.byteLength());
    }
    return bytes;
  }

  /** The same for tensors that are there. */
  static long bytesFor(NamedTensors tensors) {
    return bytesFor(tensors.names(), specs(tensors));
  }

  private static List<TensorSpec> specs(NamedTensors tensors) {
    List<TensorSpec> specs = new ArrayList<>(tensors.size());
    for (Tensor tensor : tensors.tensors()) {
      specs.add(tensor.spec());
    }
    return specs;
  }

  void putInt(int value) {
    reserve(Integer.BYTES);
    out.putInt(value);
  }

  void putLong(long value) {
    reserve(Long.BYTES);
    out.putLong(value);
  }

  void putText(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    putInt(bytes.length);
    reserve(bytes.length);
    out.put(bytes);
  }

  /**
   * Writes the table; the memory is the caller's to fill, through tensors that own nothing. Only
   * into direct room.
   */
  NamedTensors stage(List<String> names, List<TensorSpec> specs) {
    putTable(names, specs);
    List<Tensor> tensors = new ArrayList<>(specs.size());
    for (TensorSpec spec : specs) {
      int bytes = place(spec);
      ByteBuffer memory = out.slice(out.position(), bytes);
      tensors.add(Tensor.adopt(memory, spec, null));
      out.position(out.position() + bytes);
    }
    return NamedTensors.of(names, tensors);
  }

  /** Writes the table and copies the memory. */
  void put(NamedTensors tensors) {
    putTable(tensors.names(), specs(tensors));
    for (Tensor tensor : tensors.tensors()) {
      place(tensor.spec());
      tensor.copyTo(out);
    }
  }

  private void putTable(List<String> names, List<TensorSpec> specs) {
    if (specs.size() > MOST_TENSORS) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT, specs.size() + " tensors (expected: 0.." + MOST_TENSORS + ")");
    }
    putInt(specs.size());
    putInt(names.isEmpty() ? 0 : 1);
    for (int i = 0; i < specs.size(); i++) {
      if (!names.isEmpty()) {
        putText(names.get(i));
      }
      putSpec(specs.get(i));
    }
  }

  private void putSpec(TensorSpec spec) {
    putInt(SlabLayout.code(spec.dtype()));
    putInt(spec.rank());
    for (int axis = 0; axis < spec.rank(); axis++) {
      putLong(spec.dim(axis));
    }
  }

  /** Goes on to where a tensor's memory begins, and makes sure that it fits. */
  private int place(TensorSpec spec) {
    long padding = SlabLayout.aligned(out.position()) - out.position();
    reserve(Math.addExact(padding, spec.byteLength()));
    out.position(out.position() + (int) padding);
    return (int) spec.byteLength();
  }

  private void reserve(long bytes) {
    if (bytes <= out.remaining()) {
      return;
    }
    long least = out.position() + bytes;
    if (!grows || least > Integer.MAX_VALUE - SlabLayout.ALIGNMENT) {
      throw new IllegalStateException(
          "a body of " + least + " bytes or more in room for " + out.limit());
    }
    int larger = (int) Math.max(least, Math.min(2L * out.capacity(), Integer.MAX_VALUE / 2));
    ByteBuffer grown = ByteBuffer.allocate(larger).order(ByteOrder.nativeOrder());
    out = grown.put(out.flip());
  }

  /** {@return how many bytes were written} */
  int length() {
    return out.position();
  }

  /** Copies what was written to the begin of a room that is large enough. */
  void copyTo(ByteBuffer room) {
    room.put(0, out.array(), out.arrayOffset(), length());
  }
}
