package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.adaptive.AdaptiveProvider;
import io.mpsparallel.batching.BatchingProvider;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.mps.TorchBackendProvider;
import io.mpsparallel.processes.ProcessesProvider;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.threads.ThreadsProvider;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All strategies, one after another, under 10,000 requests in flight. */
@Tag("long")
class ReconfigureOnTorchTest {
  private static final int REQUESTS = 10_000;
  private static final int CHANGES = 50;
  private static final List<String> STRATEGIES =
      List.of("batching", "adaptive", "threads", "processes");

  @TempDir Path folder;

  private static ExecutorSettings settings(String strategy) {
    return ProcessesOnTorchTest.workers(2).withStrategy(strategy).withQueue(16384, Duration.ZERO);
  }

  @Test
  void reconfigure_50TimesUnder10000Requests_answersAllOnceAndRight() {
    List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
    String square = "def forward(self, x: Tensor) -> Tensor:\n  return x * x\n";
    Path file = ScriptModels.script(folder.resolve("square.pt"), square);
    try (InferenceExecutor executor =
            InferenceExecutor.builder()
                .settings(settings("threads"))
                .backend(new TorchBackendProvider())
                .strategy(new ThreadsProvider())
                .strategy(new BatchingProvider())
                .strategy(new ProcessesProvider())
                .strategy(new AdaptiveProvider())
                .build();
        LoadedModel model = executor.load(file)) {
      for (int change = 0; change < CHANGES; change++) {
        submit(model, futures, REQUESTS / CHANGES);
        executor.reconfigure(settings(STRATEGIES.get(change % STRATEGIES.size())));
      }
      for (int i = 0; i < REQUESTS; i++) {
        try (InferenceResult result = futures.get(i).join()) {
          assertThat(result.tensor().toFloatArray()).containsExactly((float) i * i);
        }
      }
      assertThat(futures).hasSize(REQUESTS);
    }
  }

  private static void submit(
      LoadedModel model, List<CompletableFuture<InferenceResult>> futures, int count) {
    for (int i = 0; i < count; i++) {
      futures.add(model.submit(Tensor.of(new float[] {futures.size()}, 1, 1)));
    }
  }
}
