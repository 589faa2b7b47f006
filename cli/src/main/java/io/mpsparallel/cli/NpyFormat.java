package io.mpsparallel.cli;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * NumPy's array files, versions 1.0, 2.0 and 3.0: read into tensors and written from them. Element
 * types that tensors have and NumPy has not are written as float32. Pure functions.
 */
final class NpyFormat {
  static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  private static final int MAX_HEADER_BYTES = 1 << 16;
  private static final int CHUNK_BYTES = 1 << 16;

  private NpyFormat() {}

  // ---- read ----

  /**
   * Reads a file.
   *
   * @param file a {@code .npy} file
   * @return a tensor that the caller closes
   * @throws InferenceException {@code INVALID_INPUT} with file and reason
   */
  static Tensor read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, Files.size(file), file.toString());
    } catch (IOException e) {
      throw invalid(file.toString(), reason(e), e);
    }
  }

  /**
   * Reads an array that takes up all of a stream.
   *
   * @param in the stream
   * @param bytes how many bytes the stream has; no more than that are asked for
   * @param where what to call the stream in a message
   * @return a tensor that the caller closes
   * @throws InferenceException {@code INVALID_INPUT} with where and reason
   * @throws IOException if the stream fails
   */
  static Tensor read(InputStream in, long bytes, String where) throws IOException {
    try {
      return readArray(in, bytes);
    } catch (EOFException e) {
      throw invalid(where, "truncated", e);
    } catch (IllegalArgumentException e) {
      throw invalid(where, String.valueOf(e.getMessage()), e);
    } catch (InferenceException e) {
      if (e.code() != ErrorCode.INVALID_INPUT) {
        throw e;
      }
      String prefix = ErrorCode.INVALID_INPUT + ": ";
      throw invalid(where, String.valueOf(e.getMessage()).replace(prefix, ""), e);
    }
  }

  private static Tensor readArray(InputStream in, long bytes) throws IOException {
    byte[] start = exactly(in, MAGIC.length + 2);
    if (!Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new IllegalArgumentException("no NumPy array (its first bytes are others)");
    }
    int major = start[MAGIC.length];
    int minor = start[MAGIC.length + 1];
    if (major < 1 || major > 3 || minor != 0) {
      throw new IllegalArgumentException(
          "version " + major + "." + minor + " (expected: 1.0, 2.0 or 3.0)");
    }
    int lengthBytes = major == 1 ? 2 : 4;
    int length = headerLength(exactly(in, lengthBytes));
    Charset charset = major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
    NpyHeader header = NpyHeader.parse(new String(exactly(in, length), charset));
    checkSize(header.spec(), bytes - MAGIC.length - 2 - lengthBytes - length);
    return readData(in, header);
  }

  private static int headerLength(byte[] littleEndian) {
    ByteBuffer buffer = ByteBuffer.wrap(littleEndian).order(ByteOrder.LITTLE_ENDIAN);
    long length =
        littleEndian.length == 2
            ? Short.toUnsignedLong(buffer.getShort())
            : Integer.toUnsignedLong(buffer.getInt());
    if (length > MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "header of " + length + " bytes (expected: at most " + MAX_HEADER_BYTES + ")");
    }
    return (int) length;
  }

  /** Before anything is allocated: a header may claim what it likes. */
  private static void checkSize(TensorSpec spec, long left) {
    if (spec.byteLength() != left) {
      String problem = left < spec.byteLength() ? "truncated: " : "too long: ";
      throw new IllegalArgumentException(
          problem
              + left
              + " bytes after the header (expected: "
              + spec.byteLength()
              + " for "
              + spec
              + ")");
    }
  }

  private static Tensor readData(InputStream in, NpyHeader header) throws IOException {
    TensorSpec spec = header.spec();
    boolean transposed = header.fortranOrder() && spec.rank() > 1;
    long[] stored = transposed ? reversed(spec.shape()) : spec.shape();
    Tensor tensor = Tensor.allocate(TensorSpec.of(spec.dtype(), stored));
    try {
      fill(tensor, in, header.byteOrder());
      if (!transposed) {
        return tensor;
      }
      Tensor rowMajor = transpose(tensor, spec);
      tensor.close();
      return rowMajor;
    } catch (IOException | RuntimeException e) {
      tensor.close();
      throw e;
    }
  }

  private static void fill(Tensor tensor, InputStream in, ByteOrder order) throws IOException {
    ByteBuffer target = tensor.memory();
    while (target.hasRemaining()) {
      byte[] chunk = exactly(in, Math.min(CHUNK_BYTES, target.remaining()));
      if (tensor.dtype() == DType.BOOL) {
        for (int i = 0; i < chunk.length; i++) {
          chunk[i] = (byte) (chunk[i] == 0 ? 0 : 1);
        }
      } else if (order != ByteOrder.nativeOrder()) {
        swap(chunk, tensor.dtype().bytes());
      }
      target.put(chunk);
    }
  }

  private static void swap(byte[] chunk, int width) {
    for (int start = 0; start < chunk.length; start += width) {
      for (int i = start, j = start + width - 1; i < j; i++, j--) {
        byte kept = chunk[i];
        chunk[i] = chunk[j];
        chunk[j] = kept;
      }
    }
  }

  /** From the reversed shape, row-major, to the wanted one, row-major. */
  private static Tensor transpose(Tensor source, TensorSpec wanted) {
    Tensor result = Tensor.allocate(wanted);
    ByteBuffer from = source.memory();
    ByteBuffer to = result.memory();
    int width = wanted.dtype().bytes();
    long[] index = new long[wanted.rank()];
    for (long element = 0; element < wanted.elements(); element++) {
      long offset = 0;
      for (int axis = index.length - 1; axis >= 0; axis--) {
        offset = offset * wanted.dim(axis) + index[axis];
      }
      to.put((int) (element * width), from, (int) (offset * width), width);
      advance(index, wanted);
    }
    return result;
  }

  private static void advance(long[] index, TensorSpec spec) {
    for (int axis = index.length - 1; axis >= 0; axis--) {
      if (++index[axis] < spec.dim(axis)) {
        return;
      }
      index[axis] = 0;
    }
  }

  private static long[] reversed(long[] shape) {
    long[] result = new long[shape.length];
    for (int i = 0; i < shape.length; i++) {
      result[i] = shape[shape.length - 1 - i];
    }
    return result;
  }

  private static byte[] exactly(InputStream in, int bytes) throws IOException {
    byte[] read = in.readNBytes(bytes);
    if (read.length < bytes) {
      throw new EOFException();
    }
    return read;
  }

  // ---- write ----

  /**
   * Writes an array in row-major order and the machine's byte order; bfloat16 becomes float32.
   *
   * @param tensor what to write; it stays the caller's
   * @param out where to; it stays open
   * @throws IOException if the stream fails
   */
  static void write(Tensor tensor, OutputStream out) throws IOException {
    if (tensor.dtype() == DType.BFLOAT16) {
      try (Tensor wider = Tensor.of(tensor.toFloatArray(), tensor.shape())) {
        write(wider, out);
      }
      return;
    }
    out.write(NpyHeader.write(tensor.spec(), ByteOrder.nativeOrder()));
    ByteBuffer from = tensor.memory();
    byte[] chunk = new byte[Math.min(CHUNK_BYTES, from.remaining())];
    while (from.hasRemaining()) {
      int length = Math.min(chunk.length, from.remaining());
      from.get(chunk, 0, length);
      out.write(chunk, 0, length);
    }
  }

  // ---- errors ----

  static InferenceException invalid(String where, String reason, Throwable cause) {
    return new InferenceException(ErrorCode.INVALID_INPUT, where + ": " + reason, cause);
  }

  static String reason(IOException e) {
    if (e instanceof java.nio.file.NoSuchFileException) {
      return "no such file";
    }
    if (e instanceof java.nio.file.AccessDeniedException) {
      return "may not be accessed";
    }
    return "cannot be read: " + e.getMessage();
  }
}
