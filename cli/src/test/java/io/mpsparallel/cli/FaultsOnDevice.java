package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.InputSpec.IndexRange;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.batching.BatchingProvider;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.mps.TorchBackendProvider;
import io.mpsparallel.processes.ProcessesProvider;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.threads.ThreadsProvider;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests that a device cannot do: an index out of range, far too much memory, a device that is
 * not there. A subclass says on which device, and what that makes of an index out of range.
 */
@Timeout(300)
abstract class FaultsOnDevice {
  static final int ROWS = 10;
  private static final int CALLERS = 4;
  private static final int ABORTED = 134;

  /** Looks rows up in a table in which row i is i; nothing says which there are. */
  private static final String LOOK_UP =
      """
      def forward(self, ids: Tensor) -> Tensor:
        table = torch.cumsum(torch.ones([10], device=ids.device), 0) - 1
        return torch.index_select(table, 0, ids)
      """;

  /** Squares; wants 1 TiB more for a negative value. */
  private static final String GREEDY =
      """
      def forward(self, x: Tensor) -> Tensor:
        if bool((x < 0).any()):
          x = x + torch.empty([1 << 38], device=x.device)[0:1]
        return x * x
      """;

  @TempDir Path folder;

  /** {@return the device to run on} */
  abstract String device();

  /** {@return the last device that is there} */
  String lastDevice() {
    return device();
  }

  /** {@return what an index out of range becomes in a worker process} */
  abstract ErrorCode badIndexInWorker();

  /** {@return whether an index out of range makes the device unusable for its process} */
  abstract boolean isPoisonedByBadIndex();

  private ExecutorSettings settings(String strategy) {
    return ProcessesOnTorchTest.workers(2).withDevice(device()).withStrategy(strategy);
  }

  static InferenceExecutor executor(ExecutorSettings settings) {
    return InferenceExecutor.builder()
        .settings(settings)
        .backend(new TorchBackendProvider())
        .strategy(new ThreadsProvider())
        .strategy(new BatchingProvider())
        .strategy(new ProcessesProvider())
        .build();
  }

  private Path lookUp() {
    return lookUp(folder);
  }

  /** A model that gives the row of each index, and checks none. */
  static Path lookUp(Path folder) {
    return ScriptModels.script(folder.resolve("lookup.pt"), LOOK_UP);
  }

  static Tensor ids(long... values) {
    return Tensor.of(values, values.length);
  }

  /** The row of an index, which the model is to find. */
  static float inferred(LoadedModel model, long id) {
    try (Tensor ids = ids(id);
        InferenceResult result = model.infer(ids)) {
      return result.tensor().toFloatArray()[0];
    }
  }

  private static void assertRight(LoadedModel model, long id) {
    assertThat(inferred(model, id)).isEqualTo((float) id);
  }

  private static InferenceException failure(CompletableFuture<?> future) {
    CompletionException thrown =
        catchThrowableOfType(
            CompletionException.class, () -> future.orTimeout(120, TimeUnit.SECONDS).join());
    assertThat(thrown).as("a failure").isNotNull();
    assertThat(thrown.getCause()).isInstanceOf(InferenceException.class);
    return (InferenceException) thrown.getCause();
  }

  // ---- an index out of range ----

  /** A caller on a thread of its own, until it is told to end; its future fails if it does. */
  private static CompletableFuture<Integer> calling(LoadedModel model, AtomicBoolean enough) {
    return CompletableFuture.supplyAsync(
        () -> {
          int calls = 0;
          while (!enough.get() || calls < ROWS) {
            assertRight(model, calls++ % ROWS);
          }
          return calls;
        },
        task -> new Thread(task, "caller").start());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void badIndex_inAWorkerProcess_failsAloneAndThePoolRecovers(int depth) {
    ExecutorSettings settings =
        settings(ProcessesProvider.ID).withLanes(LaneSettings.DEFAULTS.withDepth(depth));
    try (InferenceExecutor executor = executor(settings);
        LoadedModel model = executor.load(lookUp())) {
      AtomicBoolean enough = new AtomicBoolean();
      List<CompletableFuture<Integer>> callers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        callers.add(calling(model, enough));
      }
      InferenceException bad = failure(model.submit(ids(ROWS)));
      enough.set(true);
      callers.forEach(caller -> assertThat(caller.join()).isPositive());
      assertThat(bad.code()).as(bad.getMessage()).isEqualTo(badIndexInWorker());
      assertThat(executor.stats().replaced()).isBetween(0L, isPoisonedByBadIndex() ? 3L : 0L);
      awaitTwoWorkers(executor);
      assertRight(model, 1);
    }
  }

  /** Waits until as many workers have started as before: one that starts is busy. */
  private static void awaitTwoWorkers(InferenceExecutor executor) {
    while (executor.stats().busy() > 0 || ProcessHandle.current().children().count() < 2) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(executor.stats().lanes()).isEqualTo(2);
    assertThat(executor.snapshot().ready()).isTrue();
  }

  /** In a process of its own, which may not survive it. */
  @Test
  void badIndex_inProcess_isToldWithAdviceAndTheProcessEnds(TestReporter reporter) {
    FaultsChild.Ended child = FaultsChild.run(folder, device(), lookUp());
    reporter.publishEntry("child", child.toString());
    assertThat(child.lines()).contains("good: 3.0");
    if (!isPoisonedByBadIndex()) {
      assertThat(child.lines()).contains("next: 3.0", "closed");
      assertThat(child.line("bad: ")).contains("INVALID_INPUT");
      assertThat(child.status()).isZero();
      return;
    }
    assertThat(child.line("bad: ")).contains("DEVICE_FAILED", "declare \"range\"");
    assertThat(child.line("next: ")).contains("DEVICE_FAILED");
    assertThat(child.line("after: ")).contains("DEVICE_FAILED", "restart the process");
    assertThat(child.status()).as(child.toString()).isIn(0, ABORTED);
    if (child.status() == 0) {
      assertThat(child.lines()).contains("closed");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"threads", "batching", "processes"})
  void badIndex_ofADeclaredRange_isRefusedBeforeTheDeviceSeesIt(String strategy) {
    InputSpec ids =
        InputSpec.of("ids", DType.INT64, InputSpec.FREE).withRange(new IndexRange(0, ROWS - 1));
    ModelSource source = ModelSource.of(lookUp()).declaring(new Signature(List.of(ids), List.of()));
    try (InferenceExecutor executor = executor(settings(strategy));
        LoadedModel model = executor.load(source)) {
      assertRefused(catchThrowableOfType(InferenceException.class, () -> inferred(model, ROWS)));
      assertRefused(failure(model.submit(ids(3, -1))));
      List<Tensor> several = List.of(ids(1), ids(ROWS));
      assertRefused(catchThrowableOfType(InferenceException.class, () -> model.map(several)));
      for (int i = 0; i < ROWS; i++) {
        assertRight(model, i);
      }
      assertThat(executor.stats().replaced()).isZero();
    }
  }

  private static void assertRefused(InferenceException failure) {
    assertThat(failure)
        .hasMessageStartingWith("INVALID_INPUT: input 'ids': value ")
        .hasMessageContaining("(expected: 0..9)");
  }

  // ---- memory ----

  @ParameterizedTest
  @ValueSource(strings = {"threads", "batching", "processes"})
  void terabyte_isOutOfMemoryAndTheNextIsRight(String strategy) {
    Path file = ScriptModels.script(folder.resolve("greedy.pt"), GREEDY);
    try (InferenceExecutor executor = executor(settings(strategy));
        LoadedModel model = executor.load(file)) {
      for (int i = 1; i <= 3; i++) {
        InferenceException failure = failure(model.submit(row(-i)));
        assertThat(failure.code()).as(failure.getMessage()).isEqualTo(ErrorCode.OUT_OF_MEMORY);
        try (InferenceResult next = model.submit(row(i)).join()) {
          assertThat(next.tensor().toFloatArray()).containsExactly(i * i);
        }
      }
      assertThat(executor.stats().replaced()).isZero();
      assertThat(executor.snapshot().ready()).isTrue();
    }
  }

  private static Tensor row(float value) {
    return Tensor.of(new float[] {value}, 1, 1);
  }

  // ---- a device that is not there ----

  @ParameterizedTest
  @ValueSource(strings = {"threads", "batching", "processes"})
  void deviceThatIsNotThere_isNamedBesideThoseThatAre(String strategy) {
    ExecutorSettings settings = settings(strategy).withDevice("cuda:99");
    InferenceException failure =
        catchThrowableOfType(InferenceException.class, () -> executor(settings).close());
    assertThat(failure).isNotNull();
    assertThat(failure.code()).as(failure.getMessage()).isEqualTo(ErrorCode.DEVICE_UNAVAILABLE);
    assertThat(failure.getMessage()).contains("cuda:99", "present: [", lastDevice());
  }
}
