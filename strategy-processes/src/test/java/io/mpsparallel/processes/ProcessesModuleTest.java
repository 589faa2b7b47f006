package io.mpsparallel.processes;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.multibindings.Multibinder;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.inject.ExecutorModule;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From the outside: Guice, the service loader, and several numbers of real workers. */
class ProcessesModuleTest {
  @TempDir Path directory;

  private static final class EngineModule extends AbstractModule {
    @Override
    protected void configure() {
      Multibinder.newSetBinder(binder(), BackendProvider.class)
          .addBinding()
          .toInstance(new TroubledProvider());
    }
  }

  @Test
  void injector_fromConfigurationToAnAnswer_works() {
    ExecutorModule settings =
        new ExecutorModule(RealWorkers.settings(2).withStrategy(ProcessesProvider.ID));
    try (InferenceExecutor executor =
            Guice.createInjector(settings, new EngineModule(), new ProcessesModule())
                .getInstance(InferenceExecutor.class);
        LoadedModel model = executor.load(FakeModels.write(directory, "square"));
        Tensor x = Tensor.of(new float[] {3}, 1);
        InferenceResult result = model.infer(x)) {
      assertThat(result.tensor().toFloatArray()).containsExactly(9);
      assertThat(result.served().strategy()).isEqualTo("processes");
      assertThat(executor.stats().lanes()).isEqualTo(2);
    }
  }

  @Test
  void serviceLoader_findsIt() {
    List<String> found =
        ServiceLoader.load(StrategyProvider.class).stream().map(p -> p.get().id()).toList();
    assertThat(found).contains("processes");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 6, 8})
  void workers_ofAnyNumber_answerEverything(int workers) {
    try (RealPool pool = new RealPool(RealWorkers.settings(workers), directory);
        LoadedModel square = pool.load("square")) {
      FakeLauncher.await(() -> RealPool.children().size() >= workers);
      var answers = new java.util.ArrayList<java.util.concurrent.CompletableFuture<Float>>();
      for (int i = 0; i < 200; i++) {
        answers.add(RealPool.submitted(square, i));
      }
      for (int i = 0; i < 200; i++) {
        assertThat(answers.get(i).join()).isEqualTo(i * i);
      }
    }
    assertThat(RealPool.leftovers()).isEmpty();
  }
}
