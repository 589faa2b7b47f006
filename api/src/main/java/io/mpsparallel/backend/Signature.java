package io.mpsparallel.backend;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a model takes and returns, as far as it is known. Immutable, any thread.
 *
 * <p>A structured input, such as a dict or a list of tensors, stands here once, under its own name;
 * its parts are given under dotted names ({@code boxes.left}, {@code pair.0}).
 */
public final class Signature {
  /** Nothing is known. */
  public static final Signature UNKNOWN = new Signature(List.of(), List.of());

  private final List<InputSpec> inputs;
  private final List<String> outputs;
  private final List<String> inputNames;
  private final boolean independentRows;

  /**
   * Makes a signature.
   *
   * @param inputs the inputs in the order of the model's own signature
   * @param outputs the names of the outputs in order; empty if they are not known before a run
   */
  public Signature(List<InputSpec> inputs, List<String> outputs) {
    this(inputs, outputs, false);
  }

  private Signature(List<InputSpec> inputs, List<String> outputs, boolean independentRows) {
    this.independentRows = independentRows;
    this.inputs = List.copyOf(inputs);
    this.outputs = List.copyOf(outputs);
    this.inputNames = this.inputs.stream().map(InputSpec::name).toList();
  }

  /**
   * This signature with the statement that rows (dimension 0 of every input and output) do not
   * influence each other: what more rows stand beside a row leaves its answer as it is. Only then
   * may rows be added to an input, on devices that prepare for every new shape.
   *
   * @return the changed signature
   */
  public Signature withIndependentRows() {
    return new Signature(inputs, outputs, true);
  }

  /** {@return whether it was stated that rows do not influence each other} */
  public boolean independentRows() {
    return independentRows;
  }

  /** {@return the inputs in the order of the model's own signature} */
  public List<InputSpec> inputs() {
    return inputs;
  }

  /** {@return the names of the outputs in order; empty if they are not known before a run} */
  public List<String> outputs() {
    return outputs;
  }

  /**
   * The input that a name belongs to: that of the same name, or the one whose part it is.
   *
   * @param name a plain or dotted name
   * @return the input
   */
  public Optional<InputSpec> input(String name) {
    InputSpec owner = null;
    for (InputSpec spec : inputs) {
      if (name.equals(spec.name())) {
        return Optional.of(spec);
      }
      if (owner == null && isPartOf(name, spec.name())) {
        owner = spec;
      }
    }
    return Optional.ofNullable(owner);
  }

  private static boolean isPartOf(String name, String owner) {
    return name.length() > owner.length()
        && name.charAt(owner.length()) == '.'
        && name.startsWith(owner);
  }

  /**
   * Checks inputs, and gives them the names of this signature if they came without. Names keep the
   * caller's order.
   *
   * @param given what the caller gave
   * @return the same tensors, named; the same object where it had names
   * @throws InferenceException {@code INVALID_INPUT} for a wrong count, an unknown or a missing
   *     name, or anything that {@link InputSpec#check} objects to; {@code CLOSED} for a closed one
   */
  public NamedTensors check(NamedTensors given) {
    return check(given, InputSpec::check);
  }

  /**
   * The same for memory that is still to be written: values are not looked at. For backends.
   *
   * @param staged tensors over that memory
   * @return the same tensors, named; the same object where it had names
   * @throws InferenceException {@code INVALID_INPUT} like {@link #check}
   */
  public NamedTensors checkStaged(NamedTensors staged) {
    return check(staged, (spec, tensor) -> spec.checkSpec(tensor.spec()));
  }

  private NamedTensors check(NamedTensors given, BiConsumer<InputSpec, Tensor> one) {
    if (inputs.isEmpty()) {
      given.tensors().forEach(tensor -> one.accept(InputSpec.named("input"), tensor));
      return given;
    }
    return given.names().isEmpty() || given.names().equals(inputNames)
        ? checkPositional(given, one)
        : checkNamed(given, one);
  }

  private NamedTensors checkPositional(NamedTensors given, BiConsumer<InputSpec, Tensor> one) {
    if (given.size() > inputs.size() || given.size() < leastPositional()) {
      throw new InferenceException(
          ErrorCode.INVALID_INPUT,
          given.size() + " inputs " + given + " (expected: " + describe() + ")");
    }
    for (int i = 0; i < given.size(); i++) {
      one.accept(inputs.get(i), given.get(i));
    }
    if (!given.names().isEmpty()) {
      return given;
    }
    return NamedTensors.of(
        given.size() == inputs.size() ? inputNames : inputNames.subList(0, given.size()),
        given.tensors());
  }

  private NamedTensors checkNamed(NamedTensors given, BiConsumer<InputSpec, Tensor> one) {
    for (int i = 0; i < given.size(); i++) {
      one.accept(ownerOf(given.names().get(i)), given.get(i));
    }
    checkComplete(given.names());
    return given;
  }

  /**
   * Checks what is to be given by name, before there are tensors; if no input is known, any name
   * will do.
   *
   * @param given dtypes and shapes by plain or dotted name
   * @throws InferenceException {@code INVALID_INPUT} like {@link #check}
   */
  void checkSpecs(Map<String, TensorSpec> given) {
    given.forEach(
        (name, spec) -> (inputs.isEmpty() ? InputSpec.named(name) : ownerOf(name)).checkSpec(spec));
    checkComplete(given.keySet());
  }

  private InputSpec ownerOf(String name) {
    return input(name)
        .orElseThrow(
            () ->
                new InferenceException(
                    ErrorCode.INVALID_INPUT,
                    "input '" + name + "': no such input (expected: " + describe() + ")"));
  }

  private void checkComplete(Collection<String> names) {
    for (InputSpec spec : inputs) {
      if (spec.isRequired() && !isGiven(spec.name(), names)) {
        throw new InferenceException(
            ErrorCode.INVALID_INPUT,
            "input '" + spec.name() + "' is missing (expected: " + describe() + ")");
      }
    }
  }

  private static boolean isGiven(String input, Collection<String> names) {
    return names.stream().anyMatch(name -> name.equals(input) || isPartOf(name, input));
  }

  /** How many come without names at least: up to the last one that is required. */
  private int leastPositional() {
    int least = inputs.size();
    while (least > 0 && !inputs.get(least - 1).isRequired()) {
      least--;
    }
    return least;
  }

  /** {@return the inputs in one line: {@code x float32[-1, 512], mask ?[?]}} */
  public String describe() {
    StringBuilder text = new StringBuilder();
    for (InputSpec spec : inputs) {
      text.append(text.length() == 0 ? "" : ", ").append(spec.name()).append(' ').append(spec);
    }
    return text.toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof Signature that
            && inputs.equals(that.inputs)
            && outputs.equals(that.outputs)
            && independentRows == that.independentRows);
  }

  @Override
  public int hashCode() {
    return 31 * inputs.hashCode() + outputs.hashCode();
  }

  /** {@return inputs and outputs in one line} */
  @Override
  public String toString() {
    return "(" + describe() + ") -> " + outputs;
  }
}
