package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Module;
import com.google.inject.multibindings.Multibinder;
import com.typesafe.config.ConfigFactory;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.inject.ExecutorModule;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackendProvider;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.threads.ThreadsModule;
import io.mpsparallel.work.InferenceResult;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class BatchingModuleTest {
  private static final class FakeModule extends AbstractModule {
    @Override
    protected void configure() {
      Multibinder.newSetBinder(binder(), BackendProvider.class)
          .addBinding()
          .toInstance(new FakeBackendProvider());
    }
  }

  private static InferenceExecutor executor(String hocon, Module... strategies) {
    List<Module> modules = new ArrayList<>(List.of(strategies));
    modules.add(new ExecutorModule(ConfigFactory.parseString("mps-parallel { " + hocon + " }")));
    modules.add(new FakeModule());
    return Guice.createInjector(modules).getInstance(InferenceExecutor.class);
  }

  @Test
  void injector_fromConfigurationToAnAnswer_works() {
    try (InferenceExecutor executor =
            executor(
                "strategy = batching, lanes.count = 3", new ThreadsModule(), new BatchingModule());
        LoadedModel model = executor.load(FakeModels.source("square"));
        Tensor x = Tensor.of(new float[] {3}, 1);
        InferenceResult result = model.infer(x)) {
      assertThat(result.tensor().toFloatArray()).containsExactly(9);
      assertThat(result.served().strategy()).isEqualTo("batching");
      assertThat(executor.stats().lanes()).isEqualTo(3);
    }
  }

  @Test
  void over_notInstalled_saysWhatIs() {
    assertFails(
        ErrorCode.NOT_INSTALLED,
        () -> executor("strategy = batching, batching.over = processes", new BatchingModule()),
        "batching.over: 'processes' (installed: [batching, single, adaptive]");
  }

  @Test
  void over_aStrategyThatTakesNoWorkFromOthers_isRefused() {
    for (String over : List.of("batching", "single")) {
      assertFails(
          ErrorCode.CONFIG_INVALID,
          () -> executor("strategy = batching, batching.over = " + over, new BatchingModule()),
          "batching.over: " + over + " (expected: a strategy that others can give work to)");
    }
  }

  private static void assertFails(ErrorCode code, Callable<?> call, String message) {
    assertThatThrownBy(call::call)
        .hasStackTraceContaining(message)
        .hasStackTraceContaining(code + ": ");
  }

  @Test
  void serviceLoader_findsIt() {
    List<String> found =
        ServiceLoader.load(StrategyProvider.class).stream().map(p -> p.get().id()).toList();
    assertThat(found).contains("batching", "threads");
  }
}
