package io.mpsparallel.mps;

import static io.mpsparallel.error.ErrorCode.INVALID_INPUT;
import static io.mpsparallel.error.ErrorCode.MODEL_FAILED;
import static io.mpsparallel.error.ErrorCode.OUT_OF_MEMORY;
import static io.mpsparallel.error.ErrorCode.UNSUPPORTED_VALUE;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import java.nio.file.Path;
import java.util.Arrays;

/** A child's main class: inputs and outputs that only libtorch can object to. */
final class BadUndeclaredInputs {
  private final BadCases cases = new BadCases();
  private final InferenceExecutor executor;
  private final Path directory;

  private BadUndeclaredInputs(InferenceExecutor executor, Path directory) {
    this.executor = executor;
    this.directory = directory;
  }

  /**
   * Runs the group.
   *
   * @param arguments a directory to write to
   */
  public static void main(String[] arguments) {
    try (InferenceExecutor executor = InferenceExecutor.builder().build()) {
      BadUndeclaredInputs group = new BadUndeclaredInputs(executor, Path.of(arguments[0]));
      group.linear();
      group.indices();
      group.failures();
      group.values();
      group.inPlace();
      group.cases.end();
    }
  }

  private LoadedModel script(String name, String body) {
    String source = "def forward(self, x: Tensor)" + body;
    return executor.load(ScriptModels.script(directory.resolve(name + ".pt"), source));
  }

  private void refuses(LoadedModel model, String name, ErrorCode code, String says, Tensor... x) {
    cases.fails(name, code, says, () -> model.infer(x).close());
  }

  private void linear() {
    try (LoadedModel mlp = executor.load(ScriptModels.mlp(directory.resolve("m.pt"), 1, 4, 8, 2))) {
      mlp.infer(Tensor.of(new float[8], 2, 4)).close();
      refuses(mlp, "linear: inner dimension", INVALID_INPUT, "2x5 and 4x8", floats(2, 5));
      refuses(mlp, "linear: double", INVALID_INPUT, "dtype", Tensor.of(new double[8], 2, 4));
      refuses(mlp, "linear: int64", INVALID_INPUT, "dtype", Tensor.of(new long[8], 2, 4));
      refuses(mlp, "linear: bool", INVALID_INPUT, "dtype", Tensor.of(new boolean[8], 2, 4));
      for (DType half : new DType[] {DType.FLOAT16, DType.BFLOAT16}) {
        Tensor halves = Tensor.of(half, new float[8], 2, 4);
        refuses(mlp, "linear: " + half, INVALID_INPUT, "dtype", halves);
      }
      refuses(mlp, "linear: scalar", INVALID_INPUT, "at least 1D", Tensor.of(new float[1]));
      refuses(mlp, "linear: rank 5", INVALID_INPUT, "2x2 and 4x8", floats(1, 1, 1, 2, 2));
      Tensor empty = Tensor.allocate(TensorSpec.of(DType.FLOAT32, 0, 4));
      refuses(mlp, "zero-size", INVALID_INPUT, "expected: every dimension at least 1", empty);
      refuses(mlp, "too many", INVALID_INPUT, "expected: x ?[?]", floats(1, 4), floats(1, 4));
      refuses(mlp, "none", INVALID_INPUT, "expected: x ?[?]");
      mlp.infer(floats(2, 4)).close(); // still right
    }
  }

  private static Tensor floats(long... shape) {
    int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    return Tensor.of(new float[count], shape);
  }

  private void indices() {
    String lookup = " -> Tensor:\n  return torch.embedding(torch.ones([10, 3]), x)\n";
    try (LoadedModel model = script("embedding", lookup)) {
      model.infer(Tensor.of(new long[] {9}, 1)).close();
      refuses(model, "embedding: too large", INVALID_INPUT, "index", Tensor.of(new long[] {10}, 1));
      refuses(model, "embedding: negative", INVALID_INPUT, "index", Tensor.of(new long[] {-1}, 1));
      long huge = Long.MAX_VALUE;
      refuses(model, "embedding: huge", INVALID_INPUT, "index", Tensor.of(new long[] {huge}, 1));
      refuses(model, "embedding: float", INVALID_INPUT, "Expected tensor", floats(1));
    }
    try (LoadedModel model = script("row", " -> Tensor:\n  return x[7]\n")) {
      refuses(model, "row out of range", INVALID_INPUT, "index 7 out of range", floats(2));
    }
    try (LoadedModel model = script("cat", " -> Tensor:\n  return x + torch.ones([3])\n")) {
      refuses(model, "broadcast", INVALID_INPUT, "must match", floats(2));
    }
    try (LoadedModel model = script("view", " -> Tensor:\n  return x.reshape([3, -1])\n")) {
      refuses(model, "reshape", INVALID_INPUT, "invalid for input of size", floats(4));
    }
  }

  private void failures() {
    fails(
        "assert", " -> Tensor:\n  assert x.size(0) == 7, 'seven rows'\n  return x\n", "seven rows");
    fails("zero", " -> Tensor:\n  n = 7 // (x.size(0) - 2)\n  return x + n\n", "zero");
    String tensors = " -> Tensor:\n  y = x.to(4)\n  return torch.floor_divide(y, y * 0)\n";
    fails("zero tensor", tensors, "ZeroDivisionError");
    fails("negative size", " -> Tensor:\n  return torch.ones([x.size(0) - 3])\n", "negative");
    fails("list index", " -> Tensor:\n  l = [x]\n  return l[x.size(0)]\n", "out of range");
    fails("dict key", " -> Tensor:\n  d = {'a': x}\n  return d['b']\n", "b");
    fails("singular", " -> Tensor:\n  return torch.inverse(torch.zeros([3, 3]))\n", "singular");
    try (LoadedModel model = script("huge", " -> Tensor:\n  return torch.ones([1 << 60])\n")) {
      refuses(model, "2^60 floats", OUT_OF_MEMORY, "memory", floats(2));
    }
    try (LoadedModel model =
        script("big", " -> Tensor:\n  return torch.empty([1 << 31], dtype=0)\n")) {
      // as memory that is never touched they can be had, but no buffer holds them
      refuses(model, "2^31 bytes", UNSUPPORTED_VALUE, "2 GiB", floats(2));
    }
  }

  private void fails(String name, String body, String says) {
    try (LoadedModel model = script(name.replace(' ', '_'), body)) {
      refuses(model, name, MODEL_FAILED, says, floats(2));
    }
  }

  private void values() {
    unsupported("str", " -> str:\n  return 'text'\n", "String");
    unsupported("complex", " -> Tensor:\n  return torch.complex(x, x)\n", "ComplexFloat");
    unsupported("sparse", " -> Tensor:\n  return x.to_sparse()\n", "Sparse");
    String quantised = " -> Tensor:\n  return torch.quantize_per_tensor(x, 0.1, 0, 12)\n";
    unsupported("quantised", quantised, "QInt8");
    unsupported("list of str", " -> List[str]:\n  return ['a']\n", "String");
    unsupported("tuple with str", " -> Tuple[Tensor, str]:\n  return (x, 'a')\n", "output1");
    unsupported("device", " -> Device:\n  return x.device\n", "Device");
    String meta = " -> Tensor:\n  return torch.empty([2], device=torch.device('meta'))\n";
    unsupported("meta", meta, "meta");
    try (LoadedModel model = script("none", " -> Optional[Tensor]:\n  return None\n")) {
      cases.holds("None", model.infer(floats(2)).outputs().size() == 0, "no outputs");
    }
  }

  private void unsupported(String name, String body, String says) {
    try (LoadedModel model = script(name.replace(' ', '_'), body)) {
      refuses(model, name, UNSUPPORTED_VALUE, says, floats(2));
    }
  }

  /** Inputs are borrowed, not copied: a model that writes to one is seen by its owner. */
  private void inPlace() {
    try (LoadedModel model = script("inplace", " -> Tensor:\n  x.add_(1)\n  return x\n");
        Tensor x = floats(3);
        var result = model.infer(x)) {
      float[] found = result.tensor().toFloatArray();
      cases.holds("in place", found[0] == 1 && x.toFloatArray()[0] == 1, Arrays.toString(found));
    }
  }
}
