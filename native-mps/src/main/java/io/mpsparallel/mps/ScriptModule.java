package io.mpsparallel.mps;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.FunctionSchema;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.Method;
import org.bytedeco.pytorch.MethodOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.parameter_iterator;
import org.bytedeco.pytorch.parameter_list;

/**
 * A TorchScript module, and forms derived from it. A derived form may read memory that belongs to
 * the original (a mapped file, shared weights), so both are kept, and freed derived ones first. Any
 * thread; {@code forward} may run concurrently.
 */
final class ScriptModule implements AutoCloseable {
  /**
   * Operations whose name ends with an underscore or that write into an {@code out}, and free
   * functions, whose source is not shown.
   */
  private static final Pattern IN_PLACE =
      Pattern.compile("[a-z0-9]_\\(|\\bout=|__torch__[\\w.]*\\(");

  private final JitModule module;
  private final List<ScriptParameter> parameters;
  private final boolean keepsInputs;

  private ScriptModule(JitModule module, List<ScriptParameter> parameters) {
    this.module = module;
    this.parameters = parameters;
    this.keepsInputs = !IN_PLACE.matcher(code(module)).find();
  }

  /** The source of all methods, of submodules as well. */
  private static String code(JitModule module) {
    try (BytePointer text = module.dump_to_str(true, false, false)) {
      return text.getString();
    }
  }

  /**
   * Whether nothing in the model works in place: else it could change an input, or even the shape
   * of the tensor object it was given.
   */
  boolean keepsInputs() {
    return keepsInputs;
  }

  /**
   * Loads a module into host memory, in evaluation mode.
   *
   * @throws InferenceException {@code MODEL_NOT_FOUND}, {@code MODEL_INVALID}, {@code
   *     UNSUPPORTED_VALUE}
   */
  static ScriptModule load(Path file) {
    ModelFile.check(file);
    JitModule module;
    try (DeviceOptional anywhere = new DeviceOptional(new org.bytedeco.pytorch.Device("cpu"))) {
      module = torch.load(file.toString(), anywhere, true);
    } catch (RuntimeException e) {
      throw NativeErrors.load(e, file.toString());
    }
    try {
      module.eval();
      return new ScriptModule(module, readParameters(module, file));
    } catch (RuntimeException e) {
      module.deallocate();
      throw NativeErrors.load(e, file.toString());
    }
  }

  private static List<ScriptParameter> readParameters(JitModule module, Path file) {
    try (MethodOptional found = module.find_method("forward")) {
      if (!found.has_value()) {
        throw new InferenceException(
            ErrorCode.MODEL_INVALID, file + ": the model has no method 'forward'");
      }
      Method forward = found.get();
      FunctionSchema schema = forward.function().getSchema();
      List<ScriptParameter> parameters = new ArrayList<>();
      for (long i = 1; i < forward.num_inputs(); i++) { // 0 is self
        parameters.add(readParameter(schema.arguments().getPointer(i), file));
      }
      return parameters;
    }
  }

  private static ScriptParameter readParameter(Argument argument, Path file) {
    String name = argument.name().getString();
    ScriptType type = ScriptType.parse(argument.type().get().annotation_str().getString());
    ScriptParameter parameter =
        new ScriptParameter(name, type, argument.default_value().has_value());
    if (!type.isExpressible() && parameter.isRequired()) {
      throw new InferenceException(
          ErrorCode.UNSUPPORTED_VALUE,
          file
              + ": input '"
              + name
              + "' is of type "
              + argument.type().get().annotation_str().getString()
              + " (expected: tensors, numbers, or tuples, lists and dicts of them)");
    }
    return parameter;
  }

  JitModule module() {
    return module;
  }

  /** {@return the parameters of {@code forward}, without {@code self}} */
  List<ScriptParameter> parameters() {
    return parameters;
  }

  /** Moves parameters and buffers to a device. */
  void moveTo(org.bytedeco.pytorch.Device device) {
    module.to(device);
  }

  /** {@return the bytes of all parameters} */
  long weightBytes() {
    long bytes = 0;
    try (parameter_list list = module.parameters();
        parameter_iterator at = list.begin();
        parameter_iterator end = list.end()) {
      while (at.notEquals(end)) {
        try (Tensor weight = at.multiply()) {
          bytes += weight.nbytes();
        }
        at.increment();
      }
    }
    return bytes;
  }

  /**
   * The prepared form: frozen, and optimised where that pays. Only models with convolutions gain by
   * optimising; the weights of linear layers would be copied. Where a machine {@linkplain
   * HostCaches hides its caches}, optimised models end the process.
   *
   * @param onHost whether it runs on the CPU
   * @return a module that the caller frees before this one
   */
  JitModule prepare(boolean onHost) {
    JitModule frozen = torch.freeze(module);
    if (!onHost || !HostCaches.areKnown() || !hasConvolution(frozen)) {
      return frozen;
    }
    try {
      return torch.optimize_for_inference(frozen);
    } finally {
      frozen.deallocate();
    }
  }

  private static boolean hasConvolution(JitModule frozen) {
    return isInGraph(frozen, "conv");
  }

  /** Whether a frozen module changes itself on the host, which a recording would not repeat. */
  static boolean keepsState(JitModule frozen) {
    return isInGraph(frozen, "prim::SetAttr");
  }

  private static boolean isInGraph(JitModule frozen, String text) {
    try (Method forward = frozen.get_method("forward")) {
      return forward.graph().toString().contains(text);
    }
  }

  @Override
  public void close() {
    module.deallocate();
  }
}
