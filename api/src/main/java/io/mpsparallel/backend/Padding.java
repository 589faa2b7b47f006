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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which sequences of different lengths may share a forward: which dimension of which
 * input is the length, with what it is filled up, to which lengths, and which outputs are cut back.
 * Who declares them states that a filled-up sequence has the same answer at its own positions as it
 * has alone, which is what a mask is for. Immutable, any thread.
 *
 * <pre>{@code
 * Padding.to(16, 32, 64, 128)
 *     .input("input_ids", 1, 0)
 *     .mask("attention_mask")
 *     .output("last_hidden_state", 1)
 *     .output("pooler_output")
 * }</pre>
 */
public final class Padding {
  /** Nothing may be filled up. */
  public static final Padding NONE = new Padding(new long[0], Map.of(), Map.of(), null);

  private static final int MOST_DIM = TensorSpec.MAX_RANK - 1;
  private static final int WHOLE = 0;
  private static final Fill MASK = new Fill(1, 0);

  private final long[] lengths;
  private final Map<String, Fill> inputs;
  private final Map<String, Integer> outputs; // the dimension of the length, or WHOLE
  private final @Nullable String mask;

  /**
   * How one input is filled up.
   *
   * @param dim the dimension that is the length, from 1: dimension 0 are the rows
   * @param value what is put behind its end
   */
  public record Fill(int dim, double value) {}

  private Padding(
      long[] lengths,
      Map<String, Fill> inputs,
      Map<String, Integer> outputs,
      @Nullable String mask) {
    this.lengths = lengths;
    this.inputs = inputs;
    this.outputs = outputs;
    this.mask = mask;
  }

  // ---- declaring ----

  /**
   * The lengths to fill up to. What is longer than the last one is left as it is.
   *
   * @param lengths rising lengths, at least one
   * @return rules without inputs and outputs yet
   * @throws InferenceException {@code CONFIG_INVALID} if they do not rise from 1 or more
   */
  public static Padding to(long... lengths) {
    long least = 1;
    for (long length : lengths) {
      if (length < least || length > Integer.MAX_VALUE) {
        throw invalid("lengths: " + Arrays.toString(lengths), "rising lengths of at least 1");
      }
      least = length + 1;
    }
    if (lengths.length == 0) {
      throw invalid("lengths: []", "rising lengths of at least 1");
    }
    return new Padding(lengths.clone(), Map.of(), Map.of(), null);
  }

  /**
   * These rules and an input that is filled up.
   *
   * @param name the input
   * @param dim the dimension that is the length, from 1: dimension 0 are the rows
   * @param value what is put behind its end
   * @return the completed rules
   * @throws InferenceException {@code CONFIG_INVALID} if there is no such dimension or value
   */
  public Padding input(String name, int dim, double value) {
    checkDim("inputs." + requireNonNull(name, "name"), dim);
    if (Double.isNaN(value)) {
      throw invalid("inputs." + name + ".value: " + value, "a number");
    }
    return new Padding(lengths, with(inputs, name, new Fill(dim, value)), outputs, mask);
  }

  /**
   * These rules and an output that is cut back to the length of the inputs.
   *
   * @param name the output
   * @param dim the dimension that is the length, from 1
   * @return the completed rules
   * @throws InferenceException {@code CONFIG_INVALID} if there is no such dimension
   */
  public Padding output(String name, int dim) {
    checkDim("outputs." + requireNonNull(name, "name"), dim);
    return new Padding(lengths, inputs, with(outputs, name, dim), mask);
  }

  /**
   * These rules and an output that has no length, which is left as it is.
   *
   * @param name the output
   * @return the completed rules
   */
  public Padding output(String name) {
    return new Padding(lengths, inputs, with(outputs, requireNonNull(name, "name"), WHOLE), mask);
  }

  /**
   * These rules and an input {@code [rows, length]} that says which positions count: 1 for a
   * sequence's own, 0 behind its end. Callers may leave it out: then it is made, all 1, for
   * requests that run by themselves as well. One that every caller must give, or that is meant
   * otherwise, is an ordinary {@link #input}.
   *
   * @param name the input
   * @return the completed rules
   */
  public Padding mask(String name) {
    return new Padding(lengths, inputs, outputs, requireNonNull(name, "name"));
  }

  private static void checkDim(String key, int dim) {
    if (dim < 1 || dim > MOST_DIM) {
      throw invalid(key + ".dim: " + dim, "1.." + MOST_DIM + "; dimension 0 are the rows");
    }
  }

  private static <V> Map<String, V> with(Map<String, V> map, String name, V value) {
    Map<String, V> completed = new LinkedHashMap<>(map);
    completed.put(name, value);
    return Collections.unmodifiableMap(completed);
  }

  // ---- what was declared ----

  /** {@return whether nothing may be filled up} */
  public boolean isNone() {
    return lengths.length == 0;
  }

  /** {@return a copy of the lengths to fill up to, rising} */
  public long[] lengths() {
    return lengths.clone();
  }

  /**
   * How an input is filled up.
   *
   * @param name the input
   * @return its length and value, the mask's as well; null if it stays as it is
   */
  public @Nullable Fill fill(String name) {
    Fill fill = inputs.get(name);
    return fill == null && name.equals(mask) ? MASK : fill;
  }

  /**
   * Where an output is cut back.
   *
   * @param name the output
   * @return the dimension of its length; 0 if it has none; empty if nothing was said about it
   */
  public OptionalInt cut(String name) {
    Integer dim = outputs.get(name);
    return dim == null ? OptionalInt.empty() : OptionalInt.of(dim);
  }

  /** {@return the input that says which positions count, if callers may leave one out} */
  public Optional<String> mask() {
    return Optional.ofNullable(mask);
  }

  /**
   * The length that a sequence is filled up to at most.
   *
   * @param length its own
   * @return the smallest of the lengths that is not below it; 0 if it is longer than all
   */
  public long bucket(long length) {
    for (long bucket : lengths) {
      if (bucket >= length) {
        return bucket;
      }
    }
    return 0;
  }

  /**
   * The length of a request.
   *
   * @param given named inputs
   * @return the length that all inputs agree about which would be filled up; 0 if they do not, or
   *     one has no such dimension, or none was given
   */
  public long lengthOf(NamedTensors given) {
    long length = 0;
    for (int i = 0; i < given.names().size(); i++) {
      Fill fill = fill(given.names().get(i));
      if (fill != null) {
        TensorSpec spec = given.get(i).spec();
        long own = fill.dim() < spec.rank() ? spec.dim(fill.dim()) : 0;
        if (own == 0 || (length != 0 && own != length)) {
          return 0;
        }
        length = own;
      }
    }
    return length;
  }

  // ---- together with a signature ----

  /**
   * Checks these rules against what is known about a model. Inputs must be declared with their
   * dtypes, and every output must be declared and stand in the rules.
   *
   * @param signature what is known, from the model's file and from declarations
   * @throws InferenceException {@code CONFIG_INVALID} with the key and what was expected
   */
  public void check(Signature signature) {
    if (isNone()) {
      return;
    }
    if (inputs.isEmpty()) {
      throw invalid("inputs: none", "each input that has a length");
    }
    inputs.forEach((name, fill) -> checkInput("inputs." + name, name, fill, signature));
    if (mask != null) {
      checkMask(mask, signature);
    }
    if (!new HashSet<>(signature.outputs()).equals(outputs.keySet()) || outputs.isEmpty()) {
      throw invalid(
          "outputs: " + outputs.keySet(), "each of the declared outputs: " + signature.outputs());
    }
  }

  private static void checkInput(String key, String name, Fill fill, Signature signature) {
    InputSpec spec =
        signature
            .input(name)
            .orElseThrow(() -> invalid(key + ": no such input", signature.describe()));
    DType dtype = spec.dtype().orElseThrow(() -> invalid(key + ": " + spec, "a declared dtype"));
    spec.dims().ifPresent(dims -> checkDims(key, spec, dims, fill.dim()));
    IndexRange range = spec.range().orElse(null);
    if (!dtype.holds(fill.value())) {
      throw invalid(key + ".value: " + fill.value(), "a value of " + dtype);
    }
    if (range != null && (fill.value() < range.min() || fill.value() > range.max())) {
      throw invalid(key + ".value: " + fill.value(), range.min() + ".." + range.max());
    }
  }

  private static void checkDims(String key, InputSpec spec, long[] dims, int dim) {
    if (dim >= dims.length || dims[dim] != InputSpec.FREE || dims[0] != InputSpec.FREE) {
      throw invalid(key + ".dim: " + dim + " of " + spec, "-1 there and in dimension 0");
    }
  }

  private void checkMask(String name, Signature signature) {
    String key = "mask: '" + name + "'";
    if (inputs.containsKey(name)) {
      throw invalid(key + " is one of the inputs as well", "one or the other");
    }
    checkInput(key, name, MASK, signature);
    int rank = signature.input(name).flatMap(InputSpec::dims).map(dims -> dims.length).orElse(2);
    if (rank != 2) {
      throw invalid(key + " has " + rank + " dimensions", "2: rows and length");
    }
  }

  /**
   * What callers may give: the same signature, but for a mask that they may leave out.
   *
   * @param signature a signature that these rules were checked against
   * @return the signature for callers
   */
  public Signature forCallers(Signature signature) {
    if (mask == null) {
      return signature;
    }
    List<InputSpec> eased =
        signature.inputs().stream()
            .map(spec -> spec.name().equals(mask) ? spec.optional() : spec)
            .toList();
    Signature changed = new Signature(eased, signature.outputs());
    return signature.independentRows() ? changed.withIndependentRows() : changed;
  }

  /**
   * Makes the mask if it was left out.
   *
   * @param given named inputs, checked against {@link #forCallers}
   * @param signature a signature that these rules were checked against
   * @return the same object, or the same tensors and a mask behind them, all 1, which the caller
   *     closes
   * @throws InferenceException {@code INVALID_INPUT} if the inputs do not agree about a length
   */
  public NamedTensors complete(NamedTensors given, Signature signature) {
    if (mask == null || given.names().contains(mask)) {
      return given;
    }
    long length = lengthOf(given);
    if (length == 0) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          "input '" + mask + "' cannot be made for " + given + ": inputs differ in their length");
    }
    DType dtype = signature.input(mask).flatMap(InputSpec::dtype).orElseThrow();
    List<String> names = new ArrayList<>(given.names());
    List<Tensor> tensors = new ArrayList<>(given.tensors());
    names.add(mask);
    tensors.add(ones(TensorSpec.of(dtype, rowsOf(given), length)));
    return NamedTensors.of(names, tensors);
  }

  private long rowsOf(NamedTensors given) {
    for (int i = 0; i < given.size(); i++) {
      if (inputs.containsKey(given.names().get(i))) {
        return given.get(i).spec().dim(0);
      }
    }
    return 0;
  }

  private static Tensor ones(TensorSpec spec) {
    Tensor made = Tensor.allocate(spec);
    ByteBuffer into = made.memory();
    while (into.hasRemaining()) {
      spec.dtype().put(into, 1);
    }
    return made;
  }

  private static InferenceException invalid(String found, String expected) {
    return new InferenceException(
        ErrorCode.CONFIG_INVALID, "padding." + found + " (expected: " + expected + ")");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof Padding that
            && Arrays.equals(lengths, that.lengths)
            && inputs.equals(that.inputs)
            && outputs.equals(that.outputs)
            && Objects.equals(mask, that.mask));
  }

  @Override
  public int hashCode() {
    return Objects.hash(Arrays.hashCode(lengths), inputs, outputs, mask);
  }

  /** {@return lengths, inputs, outputs and mask in one line} */
  @Override
  public String toString() {
    return isNone()
        ? "no padding"
        : "to " + Arrays.toString(lengths) + ": " + inputs + " -> " + outputs + ", mask " + mask;
  }
}
