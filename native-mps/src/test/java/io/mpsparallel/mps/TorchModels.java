package io.mpsparallel.mps;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.testing.ContractModel;
import java.nio.file.Path;
import java.util.Locale;

/** The models of the contract suite, as TorchScript. */
final class TorchModels {
  private TorchModels() {}

  static ModelSource write(ContractModel model, Path into) {
    Path file = into.resolve(model.name().toLowerCase(Locale.ROOT) + ".pt");
    return ModelSource.of(ScriptModels.script(file, source(model)));
  }

  private static String source(ContractModel model) {
    return switch (model) {
      case IDENTITY -> "def forward(self, x: Tensor) -> Tensor:\n  return x\n";
      case SQUARE -> "def forward(self, x: Tensor) -> Tensor:\n  return x * x\n";
      case ADD -> "def forward(self, a: Tensor, b: Tensor) -> Tensor:\n  return a + b\n";
      case TUPLE -> "def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:\n  return (x, x * x)\n";
      case LIST -> "def forward(self, x: Tensor) -> List[Tensor]:\n  return [x, x * x]\n";
      case DICT ->
          """
          def forward(self, x: Tensor) -> Dict[str, Tensor]:
            return {"same": x, "square": x * x}
          """;
      case RAISING ->
          "def forward(self, x: Tensor) -> Tensor:\n  assert False, 'boom'\n  return x\n";
      case FIRST_ROW -> "def forward(self, x: Tensor) -> Tensor:\n  return x[0:1]\n";
    };
  }

  /** About a tenth of a millisecond for each loop, on the CPU; then x. */
  static ModelSource slow(int loops, Path into) {
    String source =
        """
        def forward(self, x: Tensor) -> Tensor:
          y = x
          for i in range(%d):
            y = x + i
          return y - y + x
        """
            .formatted(40 * (long) loops);
    return ModelSource.of(ScriptModels.script(into.resolve("slow" + loops + ".pt"), source));
  }
}
