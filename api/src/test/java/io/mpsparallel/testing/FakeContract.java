package io.mpsparallel.testing;

import io.mpsparallel.backend.ModelSource;
import java.nio.file.Path;
import java.util.Locale;

/** The suite with the model files of the fake backend. */
abstract class FakeContract extends BackendContract {
  @Override
  protected ModelSource model(ContractModel model, Path into) {
    String name = model.name().toLowerCase(Locale.ROOT).replace('_', '-');
    return ModelSource.of(FakeModels.write(into, name));
  }

  @Override
  protected ModelSource slowModel(int loops, Path into) {
    return ModelSource.of(FakeModels.write(into, "slow-" + loops));
  }
}
