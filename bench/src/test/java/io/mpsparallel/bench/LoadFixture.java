package io.mpsparallel.bench;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.testing.ManualTicker;
import org.junit.jupiter.api.AfterEach;

/** A fake engine behind a real executor, and the check that every answer was closed. */
abstract class LoadFixture {
  final FakeBackend fake = FakeBackend.synchronous();
  final ManualTicker ticker = new ManualTicker();
  final Tensor input = Tensor.of(new float[] {3}, 1);
  private InferenceExecutor executor;

  LoadedModel model(String name, ExecutorSettings settings) {
    executor =
        InferenceExecutor.builder()
            .settings(settings)
            .backend(fake)
            .strategy(new SingleLaneProvider())
            .build();
    return executor.load(FakeModels.source(name));
  }

  LoadedModel model(String name) {
    return model(name, ExecutorSettings.DEFAULTS);
  }

  @AfterEach
  void assertNothingLeft() {
    fake.turnstile().open();
    if (executor != null) {
      executor.close();
    }
    input.close();
    fake.close();
    fake.counts().assertNothingOpen();
  }
}
