package io.mpsparallel.tensor;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;

/** The element types of a {@link Tensor}. Immutable, any thread. */
public enum DType {
  /** IEEE 754 binary32. */
  FLOAT32(4, true),
  /** IEEE 754 binary64. */
  FLOAT64(8, true),
  /** IEEE 754 binary16. */
  FLOAT16(2, true),
  /** The upper half of a binary32. */
  BFLOAT16(2, true),
  /** Signed 8-bit integer. */
  INT8(1, false),
  /** Signed 16-bit integer. */
  INT16(2, false),
  /** Signed 32-bit integer. */
  INT32(4, false),
  /** Signed 64-bit integer. */
  INT64(8, false),
  /** Unsigned 8-bit integer. */
  UINT8(1, false),
  /** One byte, 0 or 1. */
  BOOL(1, false);

  private final int bytes;
  private final boolean floating;
  private final String id = name().toLowerCase(Locale.ROOT);

  DType(int bytes, boolean floating) {
    this.bytes = bytes;
    this.floating = floating;
  }

  /** {@return the size of one element in bytes} */
  public int bytes() {
    return bytes;
  }

  /** {@return whether elements are floating-point numbers} */
  public boolean isFloating() {
    return floating;
  }

  /** {@return the lower-case name, as used in configuration and messages: {@code float32}} */
  public String id() {
    return id;
  }

  /**
   * Whether elements can have a value: any number if they are floating, which may be rounded, else
   * a whole number in their range.
   *
   * @param value the value
   * @return true if they can
   */
  public boolean holds(double value) {
    return switch (this) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> !Double.isNaN(value);
      case BOOL -> value == 0 || value == 1;
      case UINT8 -> value == Math.rint(value) && value >= 0 && value < 256;
      case INT8, INT16, INT32, INT64 -> {
        double beyond = Math.scalb(1.0, 8 * bytes - 1);
        yield value == Math.rint(value) && value >= -beyond && value < beyond;
      }
    };
  }

  /**
   * Writes one element at a buffer's position, and advances it; floating values are rounded.
   *
   * @param to a buffer in the machine's byte order
   * @param value a value that elements {@linkplain #holds can have}
   */
  public void put(ByteBuffer to, double value) {
    switch (this) {
      case FLOAT32 -> to.putFloat((float) value);
      case FLOAT64 -> to.putDouble(value);
      case FLOAT16 -> to.putShort(HalfFloats.toFloat16((float) value));
      case BFLOAT16 -> to.putShort(HalfFloats.toBfloat16((float) value));
      case INT8, UINT8, BOOL -> to.put((byte) (int) value);
      case INT16 -> to.putShort((short) (int) value);
      case INT32 -> to.putInt((int) value);
      case INT64 -> to.putLong((long) value);
    }
  }

  /**
   * Finds a dtype by its {@link #id()}.
   *
   * @param id the name, in any case
   * @return the dtype
   * @throws InferenceException {@code CONFIG_INVALID} if there is none of that name
   */
  public static DType of(String id) {
    for (DType dtype : values()) {
      if (dtype.id.equalsIgnoreCase(id)) {
        return dtype;
      }
    }
    throw new InferenceException(
        ErrorCode.CONFIG_INVALID,
        "dtype: '" + id + "' (expected one of: " + Arrays.toString(values()) + ")");
  }

  @Override
  public String toString() {
    return id;
  }
}
