package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeCounts;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Priority;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a caller may rely on, whatever the device. */
abstract class ExecutorCases extends ExecutorFixture {
  @Test
  void infer_idle_answersAndBorrowsItsInputs() {
    open();
    try (LoadedModel model = load("square");
        Tensor x = value(3);
        InferenceResult result = model.infer(x)) {
      assertThat(result.tensor().toFloatArray()).containsExactly(9);
      assertThat(result.served().strategy()).isEqualTo("single");
      assertThat(result.served().device()).isEqualTo(executor.device());
      assertThat(x.isClosed()).isFalse();
    }
  }

  @Test
  void infer_byName_answers() {
    open();
    try (LoadedModel model = load("add");
        Tensor a = value(1);
        Tensor b = value(2);
        InferenceResult result = model.infer(InferenceRequest.of(Map.of("b", b, "a", a)))) {
      assertThat(result.tensor().toFloatArray()).containsExactly(3);
    }
  }

  @Test
  void submit_answered_closesItsInputs() {
    open();
    try (LoadedModel model = load("square")) {
      Tensor x = value(4);
      assertThat(answer(model.submit(x))).isEqualTo(16);
      assertThat(x.isClosed()).isTrue();
    }
  }

  @Test
  void map_many_keepsOrderAndClosesInputs() {
    open();
    List<Tensor> inputs = IntStream.range(0, 200).mapToObj(i -> value(i)).toList();
    try (LoadedModel model = load("tracked");
        ResultList results = model.map(inputs)) {
      for (int i = 0; i < 200; i++) {
        assertThat(results.get(i).tensor().toFloatArray()).containsExactly(i + 1);
      }
      assertThat(inputs).allMatch(Tensor::isClosed);
    }
  }

  @Test
  void map_oneFails_throwsItAndClosesEverything() {
    open();
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      inputs.add(value(i == 20 ? -1 : i));
    }
    try (LoadedModel model = load("tracked")) {
      assertFails(ErrorCode.MODEL_FAILED, () -> model.map(inputs).close());
      assertThat(answer(model.submit(value(1)))).isEqualTo(2); // the lane is past the others
    }
    assertThat(inputs).allMatch(Tensor::isClosed);
  }

  @Test
  void infer_manyThreads_areAllRight() throws Exception {
    open();
    List<FutureTask<Integer>> tasks = new ArrayList<>();
    try (LoadedModel model = load("tracked")) {
      for (int t = 0; t < 8; t++) {
        int number = t;
        FutureTask<Integer> task = new FutureTask<>(() -> inferMany(model, number * 1000));
        tasks.add(task);
        new Thread(task, "caller-" + t).start();
      }
      for (FutureTask<Integer> task : tasks) {
        assertThat(task.get(60, TimeUnit.SECONDS)).isEqualTo(100);
      }
    }
    assertThat(fake.counts().forwards()).isEqualTo(800);
  }

  private static int inferMany(LoadedModel model, int first) {
    for (int i = 0; i < 100; i++) {
      try (Tensor x = value(first + i);
          InferenceResult result = model.infer(x)) {
        assertThat(result.tensor().toFloatArray()).containsExactly(first + i + 1);
      }
    }
    return 100;
  }

  @Test
  void submit_fullQueue_isOverloadedAndLosesNothing() {
    open(ExecutorSettings.DEFAULTS.withQueue(4, Duration.ofMillis(1)));
    try (LoadedModel model = load("tracked")) {
      List<CompletableFuture<InferenceResult>> accepted = new ArrayList<>();
      accepted.add(occupy(model));
      for (int i = 1; i <= 4; i++) {
        accepted.add(model.submit(value(i)));
      }
      Tensor refused = value(9);
      assertFails(ErrorCode.OVERLOADED, model.submit(refused));
      assertThat(refused.isClosed()).isTrue();
      try (Tensor x = value(8)) {
        assertFails(ErrorCode.OVERLOADED, () -> model.infer(x).close());
        assertThat(x.isClosed()).as("borrowed").isFalse();
      }
      fake.turnstile().open();
      for (int i = 0; i <= 4; i++) {
        assertThat(answer(accepted.get(i))).isEqualTo(i + 1);
      }
    }
    assertThat(fake.counts().forwards()).isEqualTo(5);
  }

  @Test
  void submit_deadlinePassesInTheQueue_failsBeforeTheDevice() {
    open();
    try (LoadedModel model = load("tracked")) {
      CompletableFuture<InferenceResult> held = occupy(model);
      Tensor late = value(1);
      CompletableFuture<InferenceResult> tooLate =
          model.submit(InferenceRequest.of(late).withDeadline(Duration.ofMillis(10)));
      CompletableFuture<InferenceResult> patient =
          model.submit(InferenceRequest.of(value(2)).withDeadline(Duration.ofSeconds(10)));
      ticker.advance(Duration.ofMillis(11));
      fake.turnstile().open();
      assertFails(ErrorCode.DEADLINE_EXCEEDED, tooLate);
      assertThat(answer(held)).isEqualTo(1);
      assertThat(answer(patient)).isEqualTo(3);
      assertThat(late.isClosed()).isTrue();
    }
    assertThat(fake.counts().forwards()).isEqualTo(2);
  }

  @Test
  void submit_priorities_goFirstToLast() {
    open();
    List<String> order = new CopyOnWriteArrayList<>();
    try (LoadedModel model = load("tracked")) {
      CompletableFuture<InferenceResult> held = occupy(model);
      List<CompletableFuture<InferenceResult>> waiting = new ArrayList<>();
      for (Priority priority : List.of(Priority.LOW, Priority.NORMAL, Priority.HIGH)) {
        for (int i = 0; i < 2; i++) {
          String name = priority + "-" + i;
          CompletableFuture<InferenceResult> future =
              model.submit(InferenceRequest.of(value(i)).withPriority(priority));
          waiting.add(future.whenComplete((result, failure) -> order.add(name)));
        }
      }
      fake.turnstile().open();
      answer(held);
      waiting.forEach(ExecutorFixture::answer);
    }
    assertThat(order).containsExactly("HIGH-0", "HIGH-1", "NORMAL-0", "NORMAL-1", "LOW-0", "LOW-1");
  }

  @Test
  void cancel_waiting_neverRuns() {
    open();
    try (LoadedModel model = load("tracked")) {
      CompletableFuture<InferenceResult> held = occupy(model);
      Tensor x = value(1);
      CompletableFuture<InferenceResult> cancelled = model.submit(x);
      assertThat(cancelled.cancel(false)).isTrue();
      fake.turnstile().open();
      assertThat(answer(held)).isEqualTo(1);
      assertThat(answer(model.submit(value(2)))).isEqualTo(3);
      assertThat(x.isClosed()).isTrue();
    }
    assertThat(fake.counts().forwards()).isEqualTo(2);
  }

  @Test
  void cancel_running_closesTheOutputs() {
    open();
    try (LoadedModel model = load("tracked")) {
      CompletableFuture<InferenceResult> held = occupy(model);
      assertThat(held.cancel(false)).isTrue();
      fake.turnstile().open();
      assertThat(answer(model.submit(value(2)))).isEqualTo(3);
      assertThat(outputs).hasSize(2).allMatch(Tensor::isClosed);
    }
  }

  @Test
  void infer_interruptedInTheQueue_isCancelled() throws Exception {
    open();
    try (LoadedModel model = load("tracked");
        Tensor x = value(1)) {
      CompletableFuture<InferenceResult> held = occupy(model);
      FutureTask<Boolean> caller =
          new FutureTask<>(
              () -> {
                Thread.currentThread().interrupt();
                assertFails(ErrorCode.CANCELLED, () -> model.infer(x).close());
                return Thread.interrupted();
              });
      new Thread(caller, "caller").start();
      assertThat(caller.get(30, TimeUnit.SECONDS)).as("flag").isTrue();
      fake.turnstile().open();
      assertThat(answer(held)).isEqualTo(1);
      assertThat(x.toFloatArray()).containsExactly(1);
    }
  }

  @Test
  void failingRequest_amongOthers_failsAlone() {
    open();
    try (LoadedModel model = load("tracked")) {
      CompletableFuture<InferenceResult> before = model.submit(value(1));
      CompletableFuture<InferenceResult> failing = model.submit(value(-1));
      CompletableFuture<InferenceResult> after = model.submit(value(2));
      assertThat(answer(before)).isEqualTo(2);
      assertFails(ErrorCode.MODEL_FAILED, failing);
      assertThat(answer(after)).isEqualTo(3);
    }
  }

  @Test
  void wrongInputs_refused_keepOwnership() {
    open();
    try (LoadedModel model = load("square");
        Tensor borrowed = value(1)) {
      assertFails(ErrorCode.INVALID_INPUT, () -> model.infer(borrowed, borrowed).close());
      assertThat(borrowed.isClosed()).isFalse();
      Tensor owned = value(1);
      assertFails(ErrorCode.INVALID_INPUT, model.submit(InferenceRequest.of(Map.of("q", owned))));
      assertThat(owned.isClosed()).isTrue();
    }
    assertThat(fake.counts().forwards()).isZero();
  }

  @Test
  void failedRun_ofTheLaneOrDevice_leavesTheLaneUsable() {
    open();
    try (LoadedModel model = load("tracked");
        Tensor x = value(1)) {
      fake.faults().failRun(new InferenceException(ErrorCode.LANE_LOST, "scripted"));
      assertFails(ErrorCode.LANE_LOST, () -> model.infer(x).close());
      assertThat(inferOnce(model, x)).isEqualTo(2);
      fake.faults().outOfMemoryOnce();
      assertFails(ErrorCode.OUT_OF_MEMORY, model.submit(value(1)));
      assertThat(answer(model.submit(value(1)))).isEqualTo(2);
    }
  }

  private static float inferOnce(LoadedModel model, Tensor x) {
    try (InferenceResult result = model.infer(x)) {
      return result.tensor().toFloatArray()[0];
    }
  }

  @Test
  void submit_fromAContinuationOnTheLane_isServed() {
    open();
    try (LoadedModel model = load("tracked")) {
      CompletableFuture<InferenceResult> held = occupy(model);
      CompletableFuture<InferenceResult> chained =
          held.thenCompose(
              first -> {
                try (first) {
                  return model.submit(first.tensor().share());
                }
              });
      fake.turnstile().open();
      assertThat(answer(chained)).isEqualTo(2);
    }
  }

  @Test
  void close_workWaits_answersIt() {
    open();
    LoadedModel model = load("tracked");
    List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      futures.add(model.submit(value(i)));
    }
    executor.close();
    for (int i = 0; i < 20; i++) {
      assertThat(futures.get(i)).isDone();
      assertThat(answer(futures.get(i))).isEqualTo(i + 1);
    }
  }

  @Test
  void close_deviceHangs_failsWhatWaitsAndLeavesNothing() {
    open(timeouts(Duration.ofMillis(300), Duration.ofMillis(100)));
    LoadedModel model = load("tracked");
    List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
    futures.add(occupy(model));
    for (int i = 0; i < 5; i++) {
      futures.add(model.submit(value(i)));
    }
    executor.close();
    assertThat(futures).allMatch(CompletableFuture::isDone);
    for (CompletableFuture<InferenceResult> waiting : futures.subList(1, 6)) {
      assertFails(ErrorCode.CLOSED, waiting);
    }
    assertThat(futures.get(0)).isCompletedExceptionally();
  }

  @Test
  void close_twice_isHarmlessAndRefusesWork() {
    open();
    LoadedModel model = load("square");
    executor.close();
    executor.close();
    try (Tensor x = value(1)) {
      assertFails(ErrorCode.CLOSED, () -> model.infer(x).close());
    }
    assertFails(ErrorCode.CLOSED, model.submit(value(1)));
    assertFails(ErrorCode.CLOSED, () -> load("square").close());
    model.close();
    assertThat(fake.isClosed()).as("a backend that was handed over stays open").isFalse();
  }

  @Test
  void modelClose_workInFlight_isAnsweredFirst() {
    open();
    LoadedModel model = load("tracked");
    List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
    futures.add(occupy(model));
    futures.add(model.submit(value(1)));
    futures.add(model.submit(value(2)));
    model.close();
    model.close();
    Tensor refused = value(3);
    assertFails(ErrorCode.CLOSED, model.submit(refused));
    assertThat(refused.isClosed()).isTrue();
    assertThat(fake.counts().open(FakeCounts.Kind.MODELS)).isEqualTo(1);
    fake.turnstile().open();
    for (int i = 0; i < 3; i++) {
      assertThat(answer(futures.get(i))).isEqualTo(i + 1);
    }
    executor.close();
    assertThat(fake.counts().open(FakeCounts.Kind.MODELS)).isZero();
    assertThat(fake.counts().open(FakeCounts.Kind.SLOTS)).isZero();
  }

  @Test
  void load_missingFile_isNotFound() {
    open();
    assertFails(
        ErrorCode.MODEL_NOT_FOUND, () -> executor.load(Path.of("no-such-model.pt")).close());
  }
}
