package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.testing.FakeBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which strategies a program gets that has them all on its class path. */
final class InstalledStrategiesTest {
  private static String strategyOf(String wanted) {
    try (FakeBackend fake = FakeBackend.synchronous();
        InferenceExecutor executor =
            InferenceExecutor.builder()
                .settings(ExecutorSettings.DEFAULTS.withStrategy(wanted))
                .backend(fake)
                .build()) {
      return executor.strategy();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "auto, threads",
    "threads, threads",
    "batching, batching",
    "single, single",
    "adaptive, adaptive"
  })
  void builder_nothingInstalledByHand_findsThemAll(String wanted, String found) {
    assertThat(strategyOf(wanted)).isEqualTo(found);
  }

  /** It is there, but its workers must open the engine themselves. */
  @Test
  void builder_processesOverAnOpenEngine_isRefused() {
    assertThatThrownBy(() -> strategyOf("processes"))
        .hasMessageStartingWith("CONFIG_INVALID: strategy: processes over an engine that is open");
  }

  @Test
  void builder_unknownStrategy_listsWhatThereIs() {
    assertThatThrownBy(() -> strategyOf("nosuch"))
        .hasMessageContaining("threads")
        .hasMessageContaining("batching")
        .hasMessageContaining("processes")
        .hasMessageContaining("single");
  }
}
