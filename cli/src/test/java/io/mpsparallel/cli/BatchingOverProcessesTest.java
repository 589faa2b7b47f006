package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.batching.BatchingProvider;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.mps.TorchBackendProvider;
import io.mpsparallel.processes.ProcessesProvider;
import io.mpsparallel.settings.BatchingSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ProcessSettings.Limits;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Batches whose rows are gathered straight into the memory of a worker process. */
@Timeout(120)
class BatchingOverProcessesTest {
  private static final int REQUESTS = 16;
  private static final int POISON = 13;

  /** Squares, and never returns if a row is 13. */
  private static final String SCRIPT =
      """
      def forward(self, x: Tensor) -> Tensor:
        while bool((x == 13.).any()):
          pass
        return x * x
      """;

  @TempDir Path directory;

  private static InferenceExecutor executor() {
    ExecutorSettings settings = ProcessesOnTorchTest.workers(1);
    Limits limits = new Limits(Duration.ofMillis(300), Duration.ofSeconds(5), 0, 0);
    return InferenceExecutor.builder()
        .settings(
            settings
                .withStrategy(BatchingProvider.ID)
                .withBatching(BatchingSettings.DEFAULTS.withOver(ProcessesProvider.ID))
                .withProcesses(settings.processes().withLimits(limits)))
        .strategy(new BatchingProvider())
        .strategy(new ProcessesProvider())
        .backend(new TorchBackendProvider())
        .build();
  }

  private ModelSource source() {
    Path file = ScriptModels.script(directory.resolve("square.pt"), SCRIPT);
    InputSpec rows = InputSpec.of("x", DType.FLOAT32, InputSpec.FREE, 1);
    return ModelSource.of(file)
        .declaring(new Signature(List.of(rows), List.of()).withIndependentRows());
  }

  private static List<CompletableFuture<Float>> submit(LoadedModel model, int from) {
    List<CompletableFuture<Float>> answers = new ArrayList<>();
    for (int i = from; i < from + REQUESTS; i++) {
      answers.add(
          model
              .submit(Tensor.of(new float[] {i}, 1, 1))
              .thenApply(BatchingOverProcessesTest::value)
              .orTimeout(90, TimeUnit.SECONDS));
    }
    return answers;
  }

  private static float value(InferenceResult result) {
    try (result) {
      return result.tensor().toFloatArray()[0];
    }
  }

  @Test
  void requests_thatWaitTogether_areOneForward() {
    try (InferenceExecutor executor = executor();
        LoadedModel model = executor.load(source())) {
      List<CompletableFuture<Float>> answers = submit(model, 100);
      for (int i = 0; i < REQUESTS; i++) {
        assertThat(answers.get(i).join()).isEqualTo((100 + i) * (100 + i));
      }
      assertThat(executor.stats().batching().batches()).isLessThan(REQUESTS);
    }
  }

  /** Two workers die for each halving, and none of that counts as a start that failed. */
  @Test
  void request_thatKillsItsBatch_isFoundAndOthersAreAnswered() {
    try (InferenceExecutor executor = executor();
        LoadedModel model = executor.load(source())) {
      List<CompletableFuture<Float>> answers = submit(model, 0);
      for (int i = 0; i < REQUESTS; i++) {
        if (i == POISON) {
          assertQuarantined(answers.get(i));
        } else {
          assertThat(answers.get(i).join()).isEqualTo(i * i);
        }
      }
      assertThat(executor.stats().replaced()).isBetween(2L, 12L);
    }
  }

  private static void assertQuarantined(CompletableFuture<Float> answer) {
    try {
      answer.join();
      throw new AssertionError("it was answered");
    } catch (CompletionException e) {
      assertThat(e.getCause())
          .isInstanceOfSatisfying(
              InferenceException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.REQUEST_QUARANTINED));
    }
  }
}
