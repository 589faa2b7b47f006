package io.mpsparallel.cli;

import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What stands before the numbers of a NumPy array file: element type, byte order, order of the
 * elements and shape. Immutable, any thread.
 *
 * @param spec element type and shape
 * @param byteOrder the order of the bytes of one element
 * @param fortranOrder whether the first index runs fastest
 */
record NpyHeader(TensorSpec spec, ByteOrder byteOrder, boolean fortranOrder) {
  private static final Map<String, DType> TYPES =
      Map.of(
          "f4", DType.FLOAT32,
          "f8", DType.FLOAT64,
          "f2", DType.FLOAT16,
          "i1", DType.INT8,
          "i2", DType.INT16,
          "i4", DType.INT32,
          "i8", DType.INT64,
          "u1", DType.UINT8,
          "b1", DType.BOOL);

  private static final int ALIGNMENT = 64;

  /**
   * Reads the dictionary of a header.
   *
   * @throws IllegalArgumentException with the reason, without the file
   */
  static NpyHeader parse(String text) {
    NpyDictionary entries = NpyDictionary.parse(text);
    String descr = entries.descr();
    DType dtype = TYPES.get(descr.substring(Math.min(1, descr.length())));
    boolean known = !descr.isEmpty() && "<>|=".indexOf(descr.charAt(0)) >= 0;
    if (dtype == null || !known || (dtype.bytes() > 1 && descr.charAt(0) == '|')) {
      throw new IllegalArgumentException("dtype '" + descr + "' (" + expected(descr) + ")");
    }
    ByteOrder order =
        switch (descr.charAt(0)) {
          case '>' -> ByteOrder.BIG_ENDIAN;
          case '<' -> ByteOrder.LITTLE_ENDIAN;
          default -> ByteOrder.nativeOrder();
        };
    TensorSpec spec = TensorSpec.of(dtype, entries.shape());
    return new NpyHeader(spec, order, entries.fortranOrder());
  }

  private static String expected(String descr) {
    if (descr.endsWith("O")) {
      return "Python objects, which need pickle and can run code, are never read; "
          + "convert the array to numbers";
    }
    return "expected one of: " + TYPES.keySet().stream().sorted().collect(Collectors.joining(", "));
  }

  /** The header of an array in row-major order, all of it, as version 1.0 has it. */
  static byte[] write(TensorSpec spec, ByteOrder order) {
    String shape =
        Arrays.stream(spec.shape()).mapToObj(Long::toString).collect(Collectors.joining(", "));
    String text =
        "{'descr': '"
            + descr(spec.dtype(), order)
            + "', 'fortran_order': False, 'shape': ("
            + shape
            + (spec.rank() == 1 ? ",)" : ")")
            + ", }";
    int used = NpyFormat.MAGIC.length + 4 + text.length() + 1;
    int padding = (ALIGNMENT - used % ALIGNMENT) % ALIGNMENT;
    byte[] header = Arrays.copyOf(NpyFormat.MAGIC, used + padding);
    int length = text.length() + padding + 1;
    header[6] = 1;
    header[8] = (byte) length;
    header[9] = (byte) (length >> 8);
    byte[] body = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(body, 0, header, 10, body.length);
    return header;
  }

  private static String descr(DType dtype, ByteOrder order) {
    String code =
        TYPES.entrySet().stream()
            .filter(entry -> entry.getValue() == dtype)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("dtype " + dtype));
    if (dtype.bytes() == 1) {
      return "|" + code;
    }
    return (order == ByteOrder.LITTLE_ENDIAN ? "<" : ">") + code;
  }
}
