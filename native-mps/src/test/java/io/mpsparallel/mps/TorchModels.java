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
    return ModelSource.of(ScriptModels.script(file, model.script()));
  }

  /** About a tenth of a millisecond for each loop, on the CPU; then x. */
  static ModelSource slow(int loops, Path into) {
    Path file = into.resolve("slow" + loops + ".pt");
    return ModelSource.of(ScriptModels.script(file, ContractModel.slowScript(loops)));
  }
}
