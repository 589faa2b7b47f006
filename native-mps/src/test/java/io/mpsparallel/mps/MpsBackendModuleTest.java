package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.ConfigurationException;
import com.google.inject.Guice;
import com.google.inject.Inject;
import com.google.inject.Injector;
import com.google.inject.ProvisionException;
import com.typesafe.config.ConfigFactory;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Device;
import io.mpsparallel.inject.ExecutorModule;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MpsBackendModuleTest {
  @TempDir Path directory;

  /** Something that nobody has bound, though Guice could make it. */
  static final class Unbound {
    @Inject
    Unbound() {}
  }

  private static Injector injector(String hocon) {
    return Guice.createInjector(
        new ExecutorModule(ConfigFactory.parseString("mps-parallel { " + hocon + " }")),
        new MpsBackendModule());
  }

  @Test
  void injector_fromConfigurationToAnAnswer_works() {
    Injector injector = injector("backend = torch, device = cpu, queue.capacity = 7");
    try (InferenceExecutor executor = injector.getInstance(InferenceExecutor.class);
        LoadedModel model = executor.load(ScriptModels.identity(directory.resolve("same.pt")));
        Tensor x = Tensor.of(new float[] {1, 2, 3}, 3);
        InferenceResult inline = model.infer(x);
        InferenceResult queued = model.submit(x.share()).join()) {
      assertThat(inline.tensor().toFloatArray()).containsExactly(1, 2, 3);
      assertThat(queued.tensor().toFloatArray()).containsExactly(1, 2, 3);
      assertThat(executor.device()).isEqualTo(Device.CPU);
      assertThat(executor.settings().queue().capacity()).isEqualTo(7);
      assertThat(injector.getInstance(InferenceExecutor.class)).isSameAs(executor);
    }
  }

  @Test
  void injector_whatIsNotBound_isNotMade() {
    Injector injector = injector("");
    assertThatThrownBy(() -> injector.getInstance(Unbound.class))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Explicit bindings are required");
    assertThat(Guice.createInjector(new MpsBackendModule()).getInstance(Unbound.class)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({"strategy, batching, 'single, adaptive'", "backend, onnx, torch"})
  void injector_whatIsNotInstalled_listsWhatIs(String key, String wanted, String installed) {
    Injector injector = injector(key + " = " + wanted);
    assertThatThrownBy(() -> injector.getInstance(InferenceExecutor.class))
        .isInstanceOf(ProvisionException.class)
        .hasMessageContaining("NOT_INSTALLED: %s: '%s' (installed: [%s];", key, wanted, installed);
  }
}
