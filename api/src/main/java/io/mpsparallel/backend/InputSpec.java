package io.mpsparallel.backend;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known about one input of a model: its name, and, where it was declared, dtype, dimensions
 * and the range of its values. Declared facts are checked in Java, before native code sees the
 * tensor. Immutable, any thread.
 */
public final class InputSpec {
  /** A dimension that may have any size of at least 1. */
  public static final long FREE = -1;

  private final String name;
  private final boolean required;
  private final @Nullable DType dtype;
  private final long @Nullable [] dims;
  private final @Nullable IndexRange range;

  /**
   * The values that an index input, such as token ids, may have. On CUDA an index out of range
   * makes the device unusable for the whole process, so it pays to declare this.
   *
   * @param min the smallest allowed value
   * @param max the largest allowed value
   */
  public record IndexRange(long min, long max) {
    // Checks the order.
    public IndexRange {
      if (min > max) {
        throw new InferenceException(
            ErrorCode.CONFIG_INVALID, "range: [" + min + ", " + max + "] is empty");
      }
    }
  }

  private InputSpec(
      String name,
      boolean required,
      @Nullable DType dtype,
      long @Nullable [] dims,
      @Nullable IndexRange range) {
    this.name = requireNonNull(name, "name");
    this.required = required;
    this.dtype = dtype;
    this.dims = dims;
    this.range = range;
  }

  /**
   * An input of which only the name is known.
   *
   * @param name the name
   * @return the spec
   */
  public static InputSpec named(String name) {
    return new InputSpec(name, true, null, null, null);
  }

  /**
   * An input of known dtype and dimensions.
   *
   * @param name the name
   * @param dtype the element type
   * @param dims the dimensions, {@link #FREE} where any size of at least 1 will do
   * @return the spec
   * @throws InferenceException {@code CONFIG_INVALID} if a dimension is below -1
   */
  public static InputSpec of(String name, DType dtype, long... dims) {
    return named(name).withDType(dtype).withDims(dims);
  }

  /**
   * This spec with a declared dtype.
   *
   * @param declared the element type
   * @return the changed spec
   */
  public InputSpec withDType(DType declared) {
    return new InputSpec(name, required, requireNonNull(declared, "declared"), dims, range);
  }

  /**
   * This spec with declared dimensions.
   *
   * @param declared the dimensions, {@link #FREE} where any size of at least 1 will do
   * @return the changed spec
   * @throws InferenceException {@code CONFIG_INVALID} if a dimension is below -1
   */
  public InputSpec withDims(long... declared) {
    for (long dim : declared) {
      if (dim < FREE) {
        throw new InferenceException(
            ErrorCode.CONFIG_INVALID,
            "input '" + name + "': shape " + Arrays.toString(declared) + " (expected: -1 or more)");
      }
    }
    return new InputSpec(name, required, dtype, declared.clone(), range);
  }

  /**
   * This spec with a declared range of values; for int32 and int64 inputs.
   *
   * @param declared the range
   * @return the changed spec
   */
  public InputSpec withRange(IndexRange declared) {
    return new InputSpec(name, required, dtype, dims, requireNonNull(declared, "declared"));
  }

  /** {@return this spec for an input that a caller may leave out} */
  public InputSpec optional() {
    return new InputSpec(name, false, dtype, dims, range);
  }

  /** {@return the input's name} */
  public String name() {
    return name;
  }

  /** {@return whether a caller must give it} */
  public boolean isRequired() {
    return required;
  }

  /** {@return the declared element type} */
  public Optional<DType> dtype() {
    return Optional.ofNullable(dtype);
  }

  /** {@return a copy of the declared dimensions, {@link #FREE} where any size will do} */
  public Optional<long[]> dims() {
    return Optional.ofNullable(dims).map(long[]::clone);
  }

  /** {@return the declared range of values} */
  public Optional<IndexRange> range() {
    return Optional.ofNullable(range);
  }

  /** {@return whether dtype and dimensions are both declared} */
  public boolean isDeclared() {
    return dtype != null && dims != null;
  }

  /**
   * Checks a tensor against everything declared here. An input with a zero-size dimension is only
   * let through where a dimension of 0 is declared.
   *
   * @param tensor the tensor
   * @throws InferenceException {@code INVALID_INPUT} with what was found and what was expected,
   *     {@code CLOSED} if the tensor is closed
   */
  public void check(Tensor tensor) {
    if (tensor.isClosed()) {
      throw new InferenceException(ErrorCode.CLOSED, "input '" + name + "': " + tensor);
    }
    checkSpec(tensor.spec());
    if (range != null) {
      checkRange(tensor, range);
    }
  }

  /** Everything that {@link #check} asks of a tensor but its values. */
  void checkSpec(TensorSpec spec) {
    if (dtype != null && spec.dtype() != dtype) {
      throw invalid("dtype " + spec.dtype(), this.toString());
    }
    if (dims == null) {
      if (spec.elements() == 0) {
        throw invalid(spec + " has a zero-size dimension", "every dimension at least 1");
      }
      return;
    }
    if (spec.rank() != dims.length) {
      throw invalid("rank " + spec.rank() + " in " + spec, this.toString());
    }
    for (int axis = 0; axis < dims.length; axis++) {
      long dim = spec.dim(axis);
      if (dims[axis] == FREE ? dim == 0 : dim != dims[axis]) {
        throw invalid(spec.toString(), this.toString());
      }
    }
  }

  private void checkRange(Tensor tensor, IndexRange allowed) {
    try (Tensor held = tensor.share()) {
      checkRange(held.memory(), tensor.dtype(), allowed);
    }
  }

  private void checkRange(ByteBuffer bytes, DType found, IndexRange allowed) {
    if (found == DType.INT64) {
      while (bytes.hasRemaining()) {
        checkValue(bytes.getLong(), allowed);
      }
    } else if (found == DType.INT32) {
      while (bytes.hasRemaining()) {
        checkValue(bytes.getInt(), allowed);
      }
    }
  }

  private void checkValue(long value, IndexRange allowed) {
    if (value < allowed.min() || value > allowed.max()) {
      throw invalid("value " + value, allowed.min() + ".." + allowed.max());
    }
  }

  private InferenceException invalid(String found, String expected) {
    return new InferenceException(
        ErrorCode.INVALID_INPUT,
        "input '" + name + "': " + found + " (expected: " + expected + ")");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof InputSpec that
            && name.equals(that.name)
            && required == that.required
            && dtype == that.dtype
            && Arrays.equals(dims, that.dims)
            && java.util.Objects.equals(range, that.range));
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Arrays.hashCode(dims);
  }

  /** {@return for instance {@code float32[-1, 512]}, with ? for what is not declared} */
  @Override
  public String toString() {
    return (dtype == null ? "?" : dtype.id()) + (dims == null ? "[?]" : Arrays.toString(dims));
  }
}
