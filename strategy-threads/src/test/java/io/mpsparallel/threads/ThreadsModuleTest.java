package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.multibindings.Multibinder;
import com.typesafe.config.ConfigFactory;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.inject.ExecutorModule;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackendProvider;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class ThreadsModuleTest {
  private static final class FakeModule extends AbstractModule {
    @Override
    protected void configure() {
      Multibinder.newSetBinder(binder(), BackendProvider.class)
          .addBinding()
          .toInstance(new FakeBackendProvider());
    }
  }

  private static InferenceExecutor executor(String hocon) {
    return Guice.createInjector(
            new ExecutorModule(ConfigFactory.parseString("mps-parallel { " + hocon + " }")),
            new FakeModule(),
            new ThreadsModule())
        .getInstance(InferenceExecutor.class);
  }

  @Test
  void injector_fromConfigurationToAnAnswer_works() {
    try (InferenceExecutor executor = executor("strategy = threads, lanes.count = 3");
        LoadedModel model = executor.load(FakeModels.source("square"));
        Tensor x = Tensor.of(new float[] {3}, 1);
        InferenceResult result = model.infer(x)) {
      assertThat(result.tensor().toFloatArray()).containsExactly(9);
      assertThat(result.served().strategy()).isEqualTo("threads");
      assertThat(executor.stats().lanes()).isEqualTo(3);
    }
  }

  @Test
  void auto_besideSingle_isThreads() {
    try (InferenceExecutor executor = executor("")) {
      assertThat(executor.strategy()).isEqualTo("threads");
    }
  }

  @Test
  void serviceLoader_findsIt() {
    List<String> found =
        ServiceLoader.load(StrategyProvider.class).stream().map(p -> p.get().id()).toList();
    assertThat(found).contains("threads");
  }
}
