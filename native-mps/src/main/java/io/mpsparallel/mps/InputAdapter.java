package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;

/**
 * Brings tensors into the form that a model's {@code forward} wants. Where every parameter is a
 * plain tensor and they come in order, nothing is to be done. Else a small TorchScript function is
 * made, once for each list of names, which puts dicts, lists, tuples and numbers together: libtorch
 * builds its own containers, whose constructors the presets mostly lack. Any thread; closed with
 * its model.
 */
final class InputAdapter implements AutoCloseable {
  private static final int MAX_FORMS = 64;
  private static final Pattern QUOTED = Pattern.compile("\"(\\\\.|[^\"\\\\])*\"");

  private final List<ScriptParameter> parameters;
  private final List<String> plainOrder;
  private final GraphCache<List<String>, Form> forms = new GraphCache<>(MAX_FORMS);

  /** The function for one list of names; it may be evicted while it serves. */
  private record Form(JitModule module) implements AutoCloseable {
    @Override
    public void close() {
      module.deallocate();
    }
  }

  InputAdapter(List<ScriptParameter> parameters) {
    this.parameters = List.copyOf(parameters);
    this.plainOrder =
        parameters.stream().allMatch(ScriptParameter::isTensor)
            ? parameters.stream().map(ScriptParameter::name).toList()
            : List.of();
  }

  /** Whether tensors under these names are the arguments as they stand. */
  boolean isPlain(List<String> names) {
    return !plainOrder.isEmpty() && plainOrder.equals(names);
  }

  /** Whether an input becomes a number of the host's: an int, float or bool. */
  boolean isNumber(String name) {
    for (ScriptParameter parameter : parameters) {
      if (parameter.name().equals(name)) {
        return parameter.type().isNumber();
      }
    }
    return false;
  }

  /**
   * The arguments of {@code forward}.
   *
   * @param names the names of the tensors
   * @param tensors the tensors as values, in that order
   * @return arguments that the caller frees; the given vector itself if nothing is to be done
   */
  IValueVector arguments(List<String> names, IValueVector tensors) {
    if (isPlain(names)) {
      return tensors;
    }
    try (GraphCache.Use<Form> use = forms.use(List.copyOf(names), this::compile)) {
      Form form = use.value().orElseThrow(() -> failure(names, use));
      return pack(form.module(), tensors);
    }
  }

  /** Its own for each call, as far as it lies with the names. */
  private RuntimeException failure(List<String> names, GraphCache.Use<Form> use) {
    source(names);
    return use.failure().orElseThrow();
  }

  private static IValueVector pack(JitModule form, IValueVector tensors) {
    try (IValue packed = form.get_method("pack").apply(tensors);
        var tuple = packed.toTuple();
        var elements = tuple.elements()) {
      long size = tuple.size();
      IValueVector arguments = new IValueVector(size);
      for (long i = 0; i < size; i++) {
        arguments.put(i, elements.get(i));
      }
      return arguments;
    }
  }

  private Form compile(List<String> names) {
    String source = source(names);
    try (QualifiedName name = new QualifiedName("__torch__.InputAdapter")) {
      JitModule module = new JitModule(name);
      module.define(source);
      return new Form(module);
    }
  }

  /** The source of a function from tensors to the tuple of all arguments. */
  String source(List<String> names) {
    StringBuilder head = new StringBuilder("def pack(self");
    for (int i = 0; i < names.size(); i++) {
      head.append(", t").append(i).append(": Tensor");
    }
    StringBuilder body = new StringBuilder();
    String leftOut = "";
    for (ScriptParameter parameter : parameters) {
      boolean given = ScriptType.isGiven(parameter.name(), names);
      if (!given && parameter.hasDefault()) {
        leftOut = leftOut.isEmpty() ? parameter.name() : leftOut;
      } else if (leftOut.isEmpty()) {
        body.append(parameter.type().expression(parameter.name(), names)).append(", ");
      } else if (given) { // defaults can only be left out from the end
        throw new InferenceException(
            ErrorCode.INVALID_INPUT,
            "input '" + leftOut + "' is missing, and '" + parameter.name() + "' after it is given");
      }
    }
    checkAllUsed(names, body.toString());
    return head.append("):\n  return (").append(body).append(")\n").toString();
  }

  /** Whoever gives three parts for a pair did not mean what would come of it. */
  private static void checkAllUsed(List<String> names, String body) {
    String code = QUOTED.matcher(body).replaceAll("");
    for (int i = 0; i < names.size(); i++) {
      if (!Pattern.compile("\\bt" + i + "\\b").matcher(code).find()) {
        throw new InferenceException(
            ErrorCode.INVALID_INPUT, "input '" + names.get(i) + "': the model has no such part");
      }
    }
  }

  @Override
  public void close() {
    forms.close();
  }
}
