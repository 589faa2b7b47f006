package io.mpsparallel.mps;

import static io.mpsparallel.error.ErrorCode.CLOSED;
import static io.mpsparallel.error.ErrorCode.CONFIG_INVALID;
import static io.mpsparallel.error.ErrorCode.INVALID_INPUT;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.work.InferenceRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A child's main class: inputs that contradict what was declared, which Java alone refuses. */
final class BadDeclaredInputs {
  private static final String SOURCE =
      """
      def forward(self, x: Tensor, ids: Tensor) -> Tensor:
        return x + ids.sum()
      """;

  private BadDeclaredInputs() {}

  /**
   * Runs the group.
   *
   * @param arguments a directory to write to
   */
  public static void main(String[] arguments) {
    Path file = ScriptModels.script(Path.of(arguments[0], "declared.pt"), SOURCE);
    Signature declared =
        new Signature(
            List.of(
                InputSpec.of("x", DType.FLOAT32, InputSpec.FREE, 4),
                InputSpec.of("ids", DType.INT64, InputSpec.FREE)
                    .withRange(new InputSpec.IndexRange(0, 9))),
            List.of("y"));
    BadCases cases = new BadCases();
    ModelSource source = ModelSource.of(file);
    try (InferenceExecutor executor = InferenceExecutor.builder().build();
        LoadedModel model = executor.load(source.declaring(declared))) {
      shapes(cases, model);
      names(cases, model);
      declarations(cases, executor, source);
    }
    cases.end();
  }

  private static void shapes(BadCases cases, LoadedModel model) {
    Tensor x = Tensor.of(new float[8], 2, 4);
    Tensor ids = Tensor.of(new long[] {1, 2}, 2);
    model.infer(x, ids).close();
    String expected = "(expected: float32[-1, 4])";
    refuses(cases, model, "rank 1", expected, Tensor.of(new float[4], 4), ids);
    refuses(cases, model, "rank 3", expected, Tensor.of(new float[8], 1, 2, 4), ids);
    refuses(cases, model, "scalar", expected, Tensor.of(new float[1]), ids);
    refuses(cases, model, "dtype double", expected, Tensor.of(new double[8], 2, 4), ids);
    refuses(cases, model, "dtype int32", expected, Tensor.of(new int[8], 2, 4), ids);
    Tensor half = Tensor.of(DType.FLOAT16, new float[8], 2, 4);
    refuses(cases, model, "dtype half", expected, half, ids);
    refuses(cases, model, "inner dimension", expected, Tensor.of(new float[10], 2, 5), ids);
    Tensor empty = Tensor.allocate(TensorSpec.of(DType.FLOAT32, 0, 4));
    refuses(cases, model, "zero-size batch", expected, empty, ids);
    Tensor noIds = Tensor.allocate(TensorSpec.of(DType.INT64, 0));
    refuses(cases, model, "zero-size ids", "(expected: int64[-1])", x, noIds);
    refuses(cases, model, "index too large", "(expected: 0..9)", x, Tensor.of(new long[] {10}, 1));
    refuses(cases, model, "index negative", "(expected: 0..9)", x, Tensor.of(new long[] {-1}, 1));
    Tensor closed = Tensor.of(new float[8], 2, 4);
    closed.close();
    cases.fails("closed tensor", CLOSED, "input 'x'", () -> model.infer(closed, ids));
  }

  private static void refuses(
      BadCases cases, LoadedModel model, String name, String says, Tensor... inputs) {
    cases.fails(name, INVALID_INPUT, says, () -> model.infer(inputs).close());
  }

  private static void names(BadCases cases, LoadedModel model) {
    Tensor x = Tensor.of(new float[8], 2, 4);
    Tensor ids = Tensor.of(new long[] {1, 2}, 2);
    String all = "(expected: x float32[-1, 4], ids int64[-1])";
    refuses(cases, model, "no inputs", all);
    refuses(cases, model, "too few", all, x);
    refuses(cases, model, "too many", all, x, ids, x);
    refuses(cases, model, "swapped", "(expected: float32[-1, 4])", ids, x);
    refusesNamed(cases, model, "unknown name", Map.of("x", x, "ids", ids, "z", x), "input 'z'");
    refusesNamed(cases, model, "missing name", Map.of("x", x), "input 'ids' is missing");
    refusesNamed(cases, model, "wrong case", Map.of("X", x, "ids", ids), "input 'X'");
    refusesNamed(cases, model, "empty name", Map.of("", x, "ids", ids), "input ''");
    cases.refusesNull("null", "input 1", () -> model.infer(x, null));
    cases.refusesNull("null inputs", "inputs", () -> model.infer((Tensor[]) null));
    cases.refusesNull("null request", "request", () -> model.infer((InferenceRequest) null));
  }

  private static void refusesNamed(
      BadCases cases, LoadedModel model, String name, Map<String, Tensor> inputs, String says) {
    cases.fails(name, INVALID_INPUT, says, () -> model.infer(InferenceRequest.of(inputs)).close());
  }

  private static void declarations(BadCases cases, InferenceExecutor executor, ModelSource source) {
    Signature stranger = new Signature(List.of(InputSpec.named("z")), List.of());
    cases.fails(
        "declared stranger",
        CONFIG_INVALID,
        "(the model has: [x, ids])",
        () -> executor.load(source.declaring(stranger)).close());
  }
}
