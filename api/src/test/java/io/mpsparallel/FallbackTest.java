package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.settings.ResilienceSettings.Breaker;
import io.mpsparallel.settings.ResilienceSettings.Fallback;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendProvider;
import io.mpsparallel.testing.FakeCounts.Kind;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.WorkItem;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests whose place fails. */
@Timeout(60)
final class FallbackTest {
  private static final Breaker BREAKER = new Breaker(4, 50, Duration.ofHours(1), 1);

  private final FakeBackendProvider engines = new FakeBackendProvider();
  private final Shaky first = new Shaky("first");
  private final Shaky second = new Shaky("second");

  /** How the next requests of a strategy fail, and where. */
  private static final class Shaky implements StrategyProvider {
    private final String id;
    private final AtomicInteger tried = new AtomicInteger();
    private volatile @Nullable ErrorCode code;
    private volatile int times;
    private volatile boolean onLane;
    private volatile boolean inline = true;
    private volatile boolean holding;
    private final List<Runnable> held = new ArrayList<>(); // guarded by this

    Shaky(String id) {
      this.id = id;
    }

    void fails(ErrorCode with, int often, boolean laterOnLane) {
      code = with;
      times = often;
      onLane = laterOnLane;
    }

    @Override
    public String id() {
      return id;
    }

    @Override
    public ParallelismStrategy create(StrategyContext context) {
      ParallelismStrategy lane = new SingleLaneProvider().create(context);
      return (ParallelismStrategy)
          Proxy.newProxyInstance(
              ParallelismStrategy.class.getClassLoader(),
              new Class<?>[] {ParallelismStrategy.class},
              (proxy, method, arguments) -> {
                String call = method.getName();
                if (call.equals("id")) {
                  return id;
                }
                if (call.equals("tryRunHere")) {
                  if (!inline) {
                    return null;
                  }
                  shake(null);
                } else if (call.equals("accept")) {
                  WorkItem item = (WorkItem) arguments[0];
                  if (shake(item) || keep(() -> lane.accept(item, Duration.ZERO))) {
                    return null;
                  }
                }
                try {
                  return method.invoke(lane, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }

    private synchronized boolean keep(Runnable handIn) {
      return holding && held.add(handIn);
    }

    /** Hands in what was kept. */
    synchronized void release() {
      holding = false;
      held.forEach(Runnable::run);
    }

    private synchronized boolean shake(@Nullable WorkItem item) {
      tried.incrementAndGet();
      ErrorCode with = code;
      if (with == null || times-- <= 0) {
        return false;
      }
      InferenceException failure = new InferenceException(with, "shaken");
      if (item == null || !onLane) {
        throw failure;
      }
      item.fail(failure);
      return true;
    }
  }

  private static ExecutorSettings settings(ResilienceSettings resilience) {
    return ExecutorSettings.DEFAULTS
        .withStrategy("first")
        .withResilience(resilience.withBreaker(BREAKER).withRetries(0));
  }

  private static ResilienceSettings withSecond() {
    return ResilienceSettings.DEFAULTS.withFallback(Fallback.parse("second"));
  }

  private InferenceExecutor executor(ExecutorSettings settings) {
    return InferenceExecutor.builder()
        .settings(settings)
        .backend(engines)
        .strategy(first)
        .strategy(second)
        .build();
  }

  private static Tensor input(float value) {
    return Tensor.of(new float[] {value}, 1);
  }

  private static InferenceResult infer(LoadedModel model, float value) {
    try (Tensor input = input(value)) {
      return model.infer(input);
    }
  }

  private static void assertServed(InferenceResult result, float value, boolean fallback) {
    try (result) {
      assertThat(result.tensor().toFloatArray()).containsExactly(value);
      assertThat(result.served().fallback()).isEqualTo(fallback);
    }
  }

  private static ErrorCode codeOf(Runnable call) {
    try {
      call.run();
    } catch (InferenceException e) {
      return e.code();
    }
    throw new AssertionError("did not fail");
  }

  private void assertNothingLeft() {
    assertThat(engines.opened()).allMatch(FakeBackend::isClosed);
    engines
        .opened()
        .forEach(engine -> assertThat(engine.counts().open(Kind.MODELS)).as("models").isZero());
  }

  @Test
  void infer_placeFailsOnCallersThread_isServedByTheNext() {
    try (InferenceExecutor executor = executor(settings(withSecond()));
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      first.fails(ErrorCode.DEVICE_FAILED, 1, false);
      assertServed(infer(model, 3), 9, true);
      assertServed(infer(model, 4), 16, false);
      assertThat(engines.opened()).as("one engine for both").hasSize(1);
    }
    assertNothingLeft();
  }

  @Test
  void infer_placeFailsOnLane_isServedByTheNext() {
    first.inline = false;
    try (InferenceExecutor executor = executor(settings(withSecond()));
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      first.fails(ErrorCode.DEVICE_TIMEOUT, 1, true);
      assertServed(infer(model, 3), 9, true);
      first.fails(ErrorCode.OUT_OF_MEMORY, 1, false);
      assertServed(infer(model, 5), 25, true);
    }
    assertNothingLeft();
  }

  @Test
  void submit_placeFails_isServedByTheNext() throws Exception {
    try (InferenceExecutor executor = executor(settings(withSecond()));
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      first.fails(ErrorCode.WORKER_LOST, 1, true);
      assertServed(model.submit(input(3)).get(), 9, true);
      first.fails(ErrorCode.WORKER_START_FAILED, 1, false);
      assertServed(model.submit(input(4)).get(), 16, true);
      assertServed(model.submit(input(5)).get(), 25, false);
    }
    assertNothingLeft();
  }

  @Test
  void failures_ofTheRequestItself_stayItsOwn() {
    try (InferenceExecutor executor = executor(settings(withSecond()));
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      first.fails(ErrorCode.MODEL_FAILED, 100, true);
      for (int i = 0; i < 10; i++) {
        assertThat(codeOf(() -> infer(model, 3))).isEqualTo(ErrorCode.MODEL_FAILED);
        assertThatThrownBy(() -> model.submit(input(3)).get())
            .isInstanceOf(ExecutionException.class)
            .hasMessageContaining("MODEL_FAILED");
      }
      assertThat(second.tried).hasValue(0);
      first.fails(ErrorCode.MODEL_FAILED, 0, true);
      assertServed(infer(model, 3), 9, false); // no circuit is open
    }
    assertNothingLeft();
  }

  @Test
  void placeThatKeepsFailing_isLeftAlone() throws Exception {
    try (InferenceExecutor executor = executor(settings(withSecond()));
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      first.fails(ErrorCode.DEVICE_FAILED, 1000, true);
      for (int i = 0; i < 20; i++) {
        assertServed(infer(model, 3), 9, true);
        assertServed(model.submit(input(4)).get(), 16, true);
      }
      assertThat(first.tried).as("until the circuit opened").hasValue(4);
    }
    assertNothingLeft();
  }

  @Test
  void allPlacesFail_lastFailureIsTold() {
    try (InferenceExecutor executor = executor(settings(withSecond()));
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      first.fails(ErrorCode.DEVICE_FAILED, 1000, true);
      second.fails(ErrorCode.WORKER_LOST, 1000, true);
      assertThatThrownBy(() -> model.submit(input(3)).get()).hasMessageContaining("WORKER_LOST");
      for (int i = 0; i < 10; i++) {
        assertThatThrownBy(() -> infer(model, 3)).isInstanceOf(InferenceException.class);
      }
      assertThat(codeOf(() -> infer(model, 3))).isEqualTo(ErrorCode.CIRCUIT_OPEN);
    }
    assertNothingLeft();
  }

  @Test
  void noFallback_circuitOpens_isToldWithTheLastFailure() {
    try (InferenceExecutor executor = executor(settings(ResilienceSettings.DEFAULTS));
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      first.fails(ErrorCode.DEVICE_TIMEOUT, 1000, false);
      for (int i = 0; i < 4; i++) {
        assertThat(codeOf(() -> infer(model, 3))).isEqualTo(ErrorCode.DEVICE_TIMEOUT);
      }
      assertThatThrownBy(() -> infer(model, 3))
          .hasMessageContaining("CIRCUIT_OPEN: first on cpu: 4 of the last 4 requests")
          .hasMessageContaining("DEVICE_TIMEOUT: shaken");
      Tensor kept = input(3);
      assertThatThrownBy(() -> model.submit(kept).get()).hasMessageContaining("CIRCUIT_OPEN");
      assertThat(kept.isClosed()).as("a refused request owns its inputs").isTrue();
    }
    assertNothingLeft();
  }

  @Test
  void laneIsLost_isTriedAgainAtTheSamePlace() throws Exception {
    ExecutorSettings retrying = settings(withSecond());
    ExecutorSettings settings = retrying.withResilience(retrying.resilience().withRetries(2));
    try (InferenceExecutor executor = executor(settings);
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      first.fails(ErrorCode.LANE_LOST, 1, true);
      assertServed(model.submit(input(3)).get(), 9, false);
      assertThat(first.tried).hasValue(2);
      first.fails(ErrorCode.LANE_LOST, 2, true);
      assertServed(model.submit(input(3)).get(), 9, true);
    }
    assertNothingLeft();
  }

  @Test
  void perModel_oneMore_isRefusedUntilThereIsRoom() throws Exception {
    first.inline = false;
    first.holding = true;
    ExecutorSettings settings = settings(ResilienceSettings.DEFAULTS.withPerModel(2));
    try (InferenceExecutor executor = executor(settings.withQueue(10, Duration.ZERO));
        LoadedModel model = executor.load(FakeModels.source("square"));
        LoadedModel other = executor.load(FakeModels.source("square"))) {
      List<CompletableFuture<InferenceResult>> answers =
          List.of(model.submit(input(2)), model.submit(input(3)), other.submit(input(4)));
      assertThatThrownBy(() -> model.submit(input(5)).get())
          .hasMessageContaining("OVERLOADED: 2 requests of this model")
          .hasMessageContaining("resilience.per-model: 2");
      assertThat(codeOf(() -> infer(model, 5))).isEqualTo(ErrorCode.OVERLOADED);
      assertThat(answers.get(0).cancel(false)).as("one leaves").isTrue();
      CompletableFuture<InferenceResult> fourth = model.submit(input(6));
      first.release();
      assertServed(answers.get(1).get(), 9, false);
      assertServed(answers.get(2).get(), 16, false);
      assertServed(fourth.get(), 36, false);
      for (int i = 0; i < 20; i++) {
        assertServed(infer(model, 5), 25, false);
      }
    }
    assertNothingLeft();
  }

  @Test
  void perModel_callerWhoCanWait_waitsForRoom() throws Exception {
    first.inline = false;
    first.holding = true;
    ExecutorSettings settings = settings(ResilienceSettings.DEFAULTS.withPerModel(1));
    try (InferenceExecutor executor = executor(settings.withQueue(10, Duration.ofSeconds(50)));
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      CompletableFuture<InferenceResult> one = model.submit(input(2));
      Thread waiting = new Thread(() -> assertServed(infer(model, 3), 9, false));
      waiting.start();
      while (waiting.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }
      first.release();
      assertServed(one.get(), 4, false);
      waiting.join();
      assertThat(first.tried).hasValue(2);
    }
    assertNothingLeft();
  }

  @Test
  void reconfigure_fallbackComesAndGoes() {
    try (InferenceExecutor executor = executor(settings(ResilienceSettings.DEFAULTS));
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      executor.reconfigure(settings(withSecond()));
      first.fails(ErrorCode.DEVICE_FAILED, 1, true);
      assertServed(infer(model, 3), 9, true);
      executor.reconfigure(settings(ResilienceSettings.DEFAULTS));
      first.fails(ErrorCode.DEVICE_FAILED, 1, true);
      assertThat(codeOf(() -> infer(model, 3))).isEqualTo(ErrorCode.DEVICE_FAILED);
      assertThat(engines.opened()).hasSize(1);
    }
    assertNothingLeft();
  }

  @Test
  void swap_withFallback_swapsBoth() {
    try (InferenceExecutor executor = executor(settings(withSecond()));
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      model.swap(FakeModels.source("slow-1"));
      float here;
      try (InferenceResult result = infer(model, 3)) {
        here = result.tensor().toFloatArray()[0];
      }
      first.fails(ErrorCode.DEVICE_FAILED, 1, true);
      assertServed(infer(model, 3), here, true);
      assertThat(engines.opened().get(0).counts().open(Kind.MODELS)).isEqualTo(1);
    }
    assertNothingLeft();
  }

  @Test
  void build_fallbackThatCannotBeHad_saysWhich() {
    ResilienceSettings absent =
        ResilienceSettings.DEFAULTS.withFallback(Fallback.parse("second@cuda:7"));
    assertThatThrownBy(() -> executor(settings(absent)))
        .hasMessageContaining("DEVICE_UNAVAILABLE: resilience.fallback: second@cuda:7: ");
    assertThat(codeOf(() -> executor(settings(withMissing())))).isEqualTo(ErrorCode.NOT_INSTALLED);
    assertNothingLeft();
  }

  private static ResilienceSettings withMissing() {
    return ResilienceSettings.DEFAULTS.withFallback(Fallback.parse("third"));
  }
}
