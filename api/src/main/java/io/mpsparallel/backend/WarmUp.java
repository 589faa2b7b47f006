package io.mpsparallel.backend;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.InputSpec.IndexRange;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The shapes that a model is run with on every lane before it reports ready, so that no request
 * pays for what an engine prepares at the first run of a shape. Immutable, any thread.
 *
 * <p>A case is one run: the shape of each input by its name, or of each part of a structured input
 * by its dotted name, as in {@link Signature}. What a case means for a model is known when its
 * signature is: {@link #specs}.
 *
 * <pre>{@code
 * WarmUp.of(List.of(
 *     Map.of("input_ids", new long[] {1, 32}, "attention_mask", new long[] {1, 32}),
 *     Map.of("input_ids", new long[] {8, 32}, "attention_mask", new long[] {8, 32})))
 * }</pre>
 */
public final class WarmUp {
  /** No case was declared. */
  public static final WarmUp NONE = new WarmUp(List.of());

  private static final DType UNDECLARED = DType.FLOAT32;

  private final List<Map<String, List<Long>>> cases;

  private WarmUp(List<Map<String, List<Long>>> cases) {
    this.cases = cases;
  }

  /**
   * Cases in the order in which they are run.
   *
   * @param cases the shapes of each case by input name, which are copied; a shape without
   *     dimensions is that of a scalar
   * @return the warm-up; {@link #NONE} if there is no case
   * @throws InferenceException {@code CONFIG_INVALID} if a case has no input, or a dimension is
   *     below 1
   */
  public static WarmUp of(List<Map<String, long[]>> cases) {
    return cases.isEmpty()
        ? NONE
        : new WarmUp(
            IntStream.range(0, cases.size()).mapToObj(i -> copy(i, cases.get(i))).toList());
  }

  private static Map<String, List<Long>> copy(int number, Map<String, long[]> shapes) {
    if (shapes.isEmpty()) {
      throw invalid(number, "{} (expected: the shape of each input)", null);
    }
    Map<String, List<Long>> copy = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) -> copy.put(requireNonNull(name, "name"), dims(number, name, shape)));
    return Collections.unmodifiableMap(copy);
  }

  private static List<Long> dims(int number, String name, long[] shape) {
    requireNonNull(shape, name);
    if (LongStream.of(shape).anyMatch(dim -> dim < 1)) {
      String found = "input '" + name + "': shape " + Arrays.toString(shape);
      throw invalid(number, found + " (expected: 1 or more)", null);
    }
    return LongStream.of(shape).boxed().toList();
  }

  /** {@return whether there is no case} */
  public boolean isNone() {
    return cases.isEmpty();
  }

  /** {@return a copy of the cases, as they were given to {@link #of}} */
  public List<Map<String, long[]>> cases() {
    return cases.stream().map(WarmUp::shapes).toList();
  }

  private static Map<String, long[]> shapes(Map<String, List<Long>> dims) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    dims.forEach((name, list) -> shapes.put(name, array(list)));
    return shapes;
  }

  private static long[] array(List<Long> dims) {
    return dims.stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * This warm-up, or, where none was declared, the one shape that a model can be asked for at all:
   * that of a signature whose required inputs are all fully declared, without a {@link
   * InputSpec#FREE} dimension.
   *
   * @param signature what is known about the model
   * @return this if it has cases, else the one case, else {@link #NONE}
   */
  public WarmUp orFixed(Signature signature) {
    List<InputSpec> required = signature.inputs().stream().filter(InputSpec::isRequired).toList();
    if (!isNone() || required.isEmpty() || !required.stream().allMatch(WarmUp::isFixed)) {
      return this;
    }
    Map<String, long[]> fixed = new LinkedHashMap<>();
    required.forEach(input -> fixed.put(input.name(), input.dims().orElseThrow()));
    return of(List.of(fixed));
  }

  private static boolean isFixed(InputSpec input) {
    return input.isDeclared() && LongStream.of(input.dims().orElseThrow()).allMatch(dim -> dim > 0);
  }

  /**
   * What the cases mean for a model: shapes with the dtypes of its signature, float32 where none is
   * declared.
   *
   * @param signature what is known about the model, from its file and from declarations
   * @return for each case, the inputs by name in the order of the case
   * @throws InferenceException {@code CONFIG_INVALID} with the number of the case, from 0, and the
   *     input, if the model would refuse it: an unknown name, a missing input, other dimensions
   *     than declared, more than 2 GiB
   */
  public List<Map<String, TensorSpec>> specs(Signature signature) {
    return IntStream.range(0, cases.size()).mapToObj(i -> specs(i, signature)).toList();
  }

  private Map<String, TensorSpec> specs(int number, Signature signature) {
    Map<String, TensorSpec> specs = new LinkedHashMap<>();
    try {
      cases.get(number).forEach((name, dims) -> specs.put(name, spec(name, dims, signature)));
      signature.checkSpecs(specs);
    } catch (InferenceException e) {
      throw invalid(number, e.detail(), e);
    }
    return Collections.unmodifiableMap(specs);
  }

  private static TensorSpec spec(String name, List<Long> dims, Signature signature) {
    DType dtype = signature.input(name).flatMap(InputSpec::dtype).orElse(UNDECLARED);
    try {
      return checkedSize(TensorSpec.of(dtype, array(dims)));
    } catch (InferenceException e) {
      throw new InferenceException(e.code(), "input '" + name + "': " + e.detail(), e);
    }
  }

  private static TensorSpec checkedSize(TensorSpec spec) {
    if (spec.byteLength() > Integer.MAX_VALUE) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          spec + ": " + spec.byteLength() + " bytes (expected: at most " + Integer.MAX_VALUE + ")");
    }
    return spec;
  }

  /**
   * Inputs for one run: zeros, or, for an input with a declared range, its smallest allowed value.
   *
   * @param specs one case of {@link #specs}
   * @param signature the signature that the case was made for
   * @return named tensors that the caller closes
   * @throws InferenceException {@code OUT_OF_MEMORY} if the JVM's bound on direct memory is reached
   */
  public static NamedTensors inputs(Map<String, TensorSpec> specs, Signature signature) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try {
      specs.forEach((name, spec) -> tensors.put(name, Tensor.allocate(spec)));
    } catch (RuntimeException e) {
      tensors.values().forEach(Tensor::close);
      throw e;
    }
    tensors.forEach(
        (name, tensor) ->
            signature
                .input(name)
                .flatMap(InputSpec::range)
                .ifPresent(range -> fillWithSmallest(tensor, range)));
    return NamedTensors.of(tensors);
  }

  private static void fillWithSmallest(Tensor tensor, IndexRange range) {
    ByteBuffer bytes = tensor.buffer();
    if (tensor.dtype() == DType.INT64) {
      while (bytes.hasRemaining()) {
        bytes.putLong(range.min());
      }
    } else if (tensor.dtype() == DType.INT32) {
      int smallest = (int) Math.max(range.min(), Integer.MIN_VALUE);
      while (bytes.hasRemaining()) {
        bytes.putInt(smallest);
      }
    }
  }

  private static InferenceException invalid(
      int number, String what, @Nullable InferenceException cause) {
    return new InferenceException(
        ErrorCode.CONFIG_INVALID, "warm-up[" + number + "]: " + what, cause);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other || (other instanceof WarmUp that && cases.equals(that.cases));
  }

  @Override
  public int hashCode() {
    return cases.hashCode();
  }

  /** {@return for instance {@code [{x=[1, 32]}, {x=[8, 32]}]}} */
  @Override
  public String toString() {
    return cases.toString();
  }
}
