package io.mpsparallel.testing;

import io.mpsparallel.backend.ModelSource;
import java.nio.file.Path;

/** The suite with the model files of the fake backend. */
abstract class FakeContract extends BackendContract {
  @Override
  protected ModelSource model(ContractModel model, Path into) {
    return FakeModels.write(into, model);
  }

  @Override
  protected ModelSource slowModel(int loops, Path into) {
    return FakeModels.writeSlow(into, loops);
  }
}
