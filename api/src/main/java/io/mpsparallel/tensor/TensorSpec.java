package io.mpsparallel.tensor;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The dtype and shape of a tensor. Every dimension is at least 0, there are at most {@value
 * #MAX_RANK}, and the byte length fits a {@code long}. Immutable, any thread.
 */
public final class TensorSpec {
  /** The most dimensions a tensor may have: libtorch's own bound on element-wise operations. */
  public static final int MAX_RANK = 64;

  private final DType dtype;
  private final long[] shape;
  private final long elements;
  private final long byteLength;

  private TensorSpec(DType dtype, long[] shape) {
    this.dtype = dtype;
    this.shape = shape;
    try {
      this.elements = count(shape);
      this.byteLength = Math.multiplyExact(elements, dtype.bytes());
    } catch (ArithmeticException e) {
      throw invalid(dtype, shape, "more bytes than a 64-bit length can hold", e);
    }
  }

  /**
   * Makes a spec.
   *
   * @param dtype the element type
   * @param shape the dimensions, outermost first; none for a scalar
   * @return the spec
   * @throws InferenceException {@code INVALID_INPUT} if a dimension is negative, there are too many
   *     of them, or the byte length overflows
   */
  public static TensorSpec of(DType dtype, long... shape) {
    requireNonNull(dtype, "dtype");
    if (shape.length > MAX_RANK) {
      throw invalid(
          dtype, shape, "rank " + shape.length + " (expected: 0.." + MAX_RANK + ")", null);
    }
    for (long dim : shape) {
      if (dim < 0) {
        throw invalid(dtype, shape, "negative dimension", null);
      }
    }
    return new TensorSpec(dtype, shape.clone());
  }

  private static long count(long[] shape) {
    long product = 1;
    for (long dim : shape) {
      if (dim == 0) {
        return 0;
      }
    }
    for (long dim : shape) {
      product = Math.multiplyExact(product, dim);
    }
    return product;
  }

  private static InferenceException invalid(
      DType dtype, long[] shape, String why, @Nullable Throwable cause) {
    return new InferenceException(
        ErrorCode.INVALID_INPUT, "shape " + dtype + Arrays.toString(shape) + ": " + why, cause);
  }

  /** {@return the element type} */
  public DType dtype() {
    return dtype;
  }

  /** {@return the number of dimensions} */
  public int rank() {
    return shape.length;
  }

  /** {@return a copy of the dimensions, outermost first} */
  public long[] shape() {
    return shape.clone();
  }

  /**
   * One dimension.
   *
   * @param axis which one, from 0 to {@code rank() - 1}
   * @return its size
   */
  public long dim(int axis) {
    return shape[axis];
  }

  /** {@return the number of elements: the product of the dimensions, 1 for a scalar} */
  public long elements() {
    return elements;
  }

  /** {@return the size in bytes} */
  public long byteLength() {
    return byteLength;
  }

  /**
   * The same spec with another size of dimension 0.
   *
   * @param rows the new size
   * @return the changed spec
   * @throws InferenceException {@code INVALID_INPUT} if this is a scalar or the size is bad
   */
  public TensorSpec withRows(long rows) {
    if (shape.length == 0) {
      throw invalid(dtype, shape, "a scalar has no rows", null);
    }
    return withDim(0, rows);
  }

  /**
   * The same spec with another size of one dimension.
   *
   * @param axis which one, from 0 to {@code rank() - 1}
   * @param size the new size
   * @return the changed spec
   * @throws InferenceException {@code INVALID_INPUT} if the size is bad
   */
  public TensorSpec withDim(int axis, long size) {
    long[] changed = shape.clone();
    changed[axis] = size;
    return of(dtype, changed);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof TensorSpec that
            && dtype == that.dtype
            && Arrays.equals(shape, that.shape));
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(shape) + dtype.hashCode();
  }

  @Override
  public String toString() {
    return dtype + Arrays.toString(shape);
  }
}
