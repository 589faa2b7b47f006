package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackendProvider;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the weights of all models may take. */
@Timeout(60)
final class ModelMemoryTest {
  @TempDir private Path folder;

  private ModelSource square;
  private ModelSource add;
  private long bytes; // of the square

  @BeforeEach
  void write() throws IOException {
    square = ModelSource.of(FakeModels.write(folder, "square"));
    add = ModelSource.of(FakeModels.write(folder, "add"));
    bytes = Files.size(square.path());
  }

  private static ExecutorSettings limited(long limit) {
    return ExecutorSettings.DEFAULTS
        .withStrategy("single")
        .withResilience(ResilienceSettings.DEFAULTS.withModelMemory(limit));
  }

  private static InferenceExecutor open(long limit) {
    return InferenceExecutor.builder()
        .settings(limited(limit))
        .backend(new FakeBackendProvider())
        .strategy(new SingleLaneProvider())
        .build();
  }

  private static void assertNoRoom(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InferenceException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.OUT_OF_MEMORY);
              assertThat(e).hasMessageContaining("resilience.model-memory");
            });
  }

  private static void assertServes(LoadedModel model) {
    try (Tensor three = Tensor.of(new float[] {3}, 1);
        InferenceResult result = model.infer(three)) {
      assertThat(result.tensor().toFloatArray()).containsExactly(9);
    }
  }

  private static long taken(InferenceExecutor executor) {
    return executor.snapshot().places().get(0).modelBytes();
  }

  @Test
  void load_exactlyWhatIsLeft_loads() {
    try (InferenceExecutor executor = open(bytes);
        LoadedModel model = executor.load(square)) {
      assertServes(model);
      assertThat(taken(executor)).isEqualTo(bytes);
    }
  }

  @Test
  void load_moreThanIsLeft_failsAndWhatIsLoadedServesOn() {
    try (InferenceExecutor executor = open(bytes + 1);
        LoadedModel model = executor.load(square)) {
      assertNoRoom(() -> executor.load(add));
      assertServes(model);
      assertThat(taken(executor)).isEqualTo(bytes);
    }
  }

  @Test
  void load_afterAnotherWasClosed_loads() {
    try (InferenceExecutor executor = open(bytes)) {
      executor.load(square).close();
      assertThat(taken(executor)).isZero();
      try (LoadedModel model = executor.load(square)) {
        assertServes(model);
      }
    }
  }

  @Test
  void load_fileThatIsDamaged_takesNothing() throws IOException {
    Files.writeString(square.path(), "no model at all, and longer than a model would be");
    try (InferenceExecutor executor = open(1000)) {
      assertThatThrownBy(() -> executor.load(square)).isInstanceOf(InferenceException.class);
      assertThat(taken(executor)).isZero();
    }
  }

  @Test
  void swap_bothVersionsDoNotFit_failsAndTheFirstServesOn() {
    try (InferenceExecutor executor = open(2 * bytes - 1);
        LoadedModel model = executor.load(square)) {
      assertNoRoom(() -> model.swap(square));
      assertServes(model);
      assertThat(taken(executor)).isEqualTo(bytes);
      executor.reconfigure(limited(2 * bytes));
      model.swap(square);
      assertServes(model);
      assertThat(taken(executor)).isEqualTo(bytes);
    }
  }
}
