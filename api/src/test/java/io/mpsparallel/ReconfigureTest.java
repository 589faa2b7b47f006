package io.mpsparallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendProvider;
import io.mpsparallel.testing.FakeCounts.Kind;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.LaneThread;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Other settings, another strategy and other files, while requests go on. */
@Timeout(60)
final class ReconfigureTest {
  private static final ExecutorSettings SINGLE = ExecutorSettings.DEFAULTS.withStrategy("single");
  private static final ExecutorSettings OTHER = SINGLE.withStrategy("other");
  private static final ExecutorSettings ELSEWHERE = SINGLE.withStrategy("elsewhere");

  private final FakeBackendProvider engines = new FakeBackendProvider();

  /** One lane under another name; perhaps as if in another process. */
  private record Named(String id, boolean runsElsewhere) implements StrategyProvider {
    @Override
    public ParallelismStrategy create(StrategyContext context) {
      return new SingleLaneProvider().create(context);
    }
  }

  /** Cannot be started. */
  private static final class Broken implements StrategyProvider {
    @Override
    public String id() {
      return "broken";
    }

    @Override
    public ParallelismStrategy create(StrategyContext context) {
      throw new InferenceException(ErrorCode.STREAMS_EXHAUSTED, "none is left");
    }
  }

  private InferenceExecutor executor(ExecutorSettings settings) {
    return InferenceExecutor.builder()
        .settings(settings)
        .backend(engines)
        .strategy(new SingleLaneProvider())
        .strategy(new Named("other", false))
        .strategy(new Named("elsewhere", true))
        .strategy(new Broken())
        .build();
  }

  private static float infer(LoadedModel model, float value) {
    try (Tensor input = Tensor.of(new float[] {value}, 1);
        InferenceResult result = model.infer(input)) {
      return result.tensor().toFloatArray()[0];
    }
  }

  private static void assertCode(ErrorCode code, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            InferenceException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private long openModels(int engine) {
    return engines.opened().get(engine).counts().open(Kind.MODELS);
  }

  @Test
  void reconfigure_anotherStrategyOfThisProcess_keepsEngineAndModels() {
    try (InferenceExecutor executor = executor(SINGLE);
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      assertThat(infer(model, 3)).isEqualTo(9);

      executor.reconfigure(OTHER);

      assertThat(infer(model, 4)).isEqualTo(16);
      assertThat(executor.settings()).isEqualTo(OTHER);
      assertThat(engines.opened()).hasSize(1);
      assertThat(openModels(0)).isEqualTo(1);
    }
    assertThat(engines.opened()).allMatch(FakeBackend::isClosed);
    assertThat(openModels(0)).isZero();
  }

  @Test
  void reconfigure_otherEngineSettings_opensAnotherAndClosesTheFirst() {
    BackendSettings engine = BackendSettings.DEFAULTS;
    try (InferenceExecutor executor = executor(SINGLE);
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      executor.reconfigure(
          SINGLE.withBackendSettings(
              engine.withTimeouts(Duration.ofSeconds(7), engine.closeTimeout())));

      assertThat(infer(model, 4)).isEqualTo(16);
      assertThat(engines.opened()).extracting(FakeBackend::isClosed).containsExactly(true, false);
      assertThat(openModels(0)).isZero();
    }
    assertThat(engines.opened()).allMatch(FakeBackend::isClosed);
  }

  @Test
  void reconfigure_toAnotherProcessAndBack_loadsThereAndHere() {
    try (InferenceExecutor executor = executor(SINGLE);
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      for (ExecutorSettings settings : List.of(ELSEWHERE, SINGLE, ELSEWHERE)) {
        executor.reconfigure(settings);
        assertThat(infer(model, 5)).isEqualTo(25);
      }
      assertThat(engines.opened()).hasSize(4);
      assertThat(engines.opened().subList(0, 3)).allMatch(FakeBackend::isClosed);
    }
  }

  /** Holds a caller before the strategy sees its request. */
  private static ParallelismStrategy held(
      ParallelismStrategy strategy, CountDownLatch there, CountDownLatch go) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (method.getName().equals("tryRunHere")) {
            there.countDown();
            go.await();
          }
          try {
            return method.invoke(strategy, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return (ParallelismStrategy)
        Proxy.newProxyInstance(
            ParallelismStrategy.class.getClassLoader(),
            new Class<?>[] {ParallelismStrategy.class},
            handler);
  }

  @Test
  void reconfigure_callerOnItsWayToTheOldSite_isServedByTheNext() throws Exception {
    CountDownLatch there = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    StrategyProvider holding =
        new StrategyProvider() {
          @Override
          public String id() {
            return "holding";
          }

          @Override
          public ParallelismStrategy create(StrategyContext context) {
            return held(new SingleLaneProvider().create(context), there, go);
          }
        };
    try (InferenceExecutor executor =
            InferenceExecutor.builder()
                .settings(SINGLE.withStrategy("holding"))
                .backend(engines)
                .strategy(holding)
                .strategy(new SingleLaneProvider())
                .build();
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      CompletableFuture<Float> answer = CompletableFuture.supplyAsync(() -> infer(model, 7));
      there.await();
      executor.reconfigure(SINGLE);
      go.countDown();
      assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(49);
    }
  }

  @Test
  void reconfigure_sameSettings_changesNothing() {
    try (InferenceExecutor executor = executor(ELSEWHERE)) {
      executor.reconfigure(ELSEWHERE);
      assertThat(engines.opened()).hasSize(1);
    }
  }

  @Test
  void reconfigure_whatCannotBeHad_leavesAllAsItWas() {
    try (InferenceExecutor executor = executor(SINGLE);
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      assertCode(
          ErrorCode.NOT_INSTALLED, () -> executor.reconfigure(SINGLE.withStrategy("nosuch")));
      assertCode(
          ErrorCode.STREAMS_EXHAUSTED, () -> executor.reconfigure(SINGLE.withStrategy("broken")));
      assertCode(
          ErrorCode.DEVICE_UNAVAILABLE, () -> executor.reconfigure(SINGLE.withDevice("cuda:7")));

      assertThat(executor.settings()).isEqualTo(SINGLE);
      assertThat(infer(model, 6)).isEqualTo(36);
      assertThat(engines.opened()).hasSize(1);
    }
  }

  @Test
  void reconfigure_modelThatTheNextEngineCannotLoad_leavesAllAsItWas() {
    AtomicBoolean second = new AtomicBoolean();
    FakeBackendProvider picky =
        new FakeBackendProvider(
            FakeBackend.ID,
            parts ->
                second.getAndSet(true)
                    ? parts
                    : parts.model("special", in -> NamedTensors.of(in.get(0).share())));
    try (InferenceExecutor executor =
            InferenceExecutor.builder()
                .settings(SINGLE)
                .backend(picky)
                .strategy(new SingleLaneProvider())
                .strategy(new Named("elsewhere", true))
                .build();
        LoadedModel square = executor.load(FakeModels.source("square"));
        LoadedModel special = executor.load(FakeModels.source("special"))) {
      assertCode(ErrorCode.MODEL_NOT_FOUND, () -> executor.reconfigure(ELSEWHERE));

      assertThat(infer(square, 6)).isEqualTo(36);
      assertThat(infer(special, 6)).isEqualTo(6);
      assertThat(picky.opened().get(1).counts().open(Kind.MODELS)).isZero();
      assertThat(picky.opened()).extracting(FakeBackend::isClosed).containsExactly(false, true);
    }
  }

  @Test
  void reconfigure_engineHandedOver_keepsItAndRefusesOtherSettingsOfIt() {
    BackendSettings engine = BackendSettings.DEFAULTS;
    try (FakeBackend mine = FakeBackend.builder().build()) {
      InferenceExecutor executor =
          InferenceExecutor.builder()
              .settings(SINGLE)
              .backend(mine)
              .strategy(new SingleLaneProvider())
              .strategy(new Named("other", false))
              .build();
      executor.reconfigure(OTHER);
      assertCode(
          ErrorCode.CONFIG_INVALID,
          () ->
              executor.reconfigure(
                  OTHER.withBackendSettings(
                      engine.withTimeouts(Duration.ofSeconds(7), engine.closeTimeout()))));
      assertThat(executor.settings()).isEqualTo(OTHER);
      executor.close();
      assertThat(mine.isClosed()).isFalse();
    }
  }

  @Test
  void reconfigure_under4Callers_losesNothing() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(4);
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong answered = new AtomicLong();
    try (InferenceExecutor executor = executor(SINGLE);
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      List<Future<?>> running = new ArrayList<>();
      for (int caller = 0; caller < 4; caller++) {
        int first = caller;
        running.add(
            callers.submit(
                () -> {
                  for (int i = first; !over.get(); i = (i + 4) % 1000) {
                    assertThat(i % 2 == 0 ? infer(model, i) : submit(model, i))
                        .isEqualTo((float) i * i);
                    answered.incrementAndGet();
                  }
                }));
      }
      for (int round = 0; round < 60; round++) {
        long before = answered.get();
        executor.reconfigure(List.of(OTHER, ELSEWHERE, SINGLE).get(round % 3));
        while (answered.get() < before + 50 && running.stream().noneMatch(Future::isDone)) {
          Thread.onSpinWait();
        }
      }
      over.set(true);
      for (Future<?> one : running) {
        one.get(20, TimeUnit.SECONDS);
      }
    } finally {
      over.set(true);
      callers.shutdownNow();
    }
    assertThat(engines.opened()).allMatch(FakeBackend::isClosed);
  }

  private static float submit(LoadedModel model, float value) {
    try (InferenceResult result = model.submit(Tensor.of(new float[] {value}, 1)).join()) {
      return result.tensor().toFloatArray()[0];
    }
  }

  @Test
  void reconfigure_whileModelsComeAndGo_losesNone() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    AtomicBoolean over = new AtomicBoolean();
    try (InferenceExecutor executor = executor(SINGLE)) {
      Future<Integer> loads =
          other.submit(
              () -> {
                int loaded = 0;
                while (!over.get()) {
                  try (LoadedModel model = executor.load(FakeModels.source("square"))) {
                    assertThat(infer(model, 3)).isEqualTo(9);
                    loaded++;
                  }
                }
                return loaded;
              });
      for (int round = 0; round < 100; round++) {
        executor.reconfigure(round % 2 == 0 ? ELSEWHERE : SINGLE);
      }
      over.set(true);
      assertThat(loads.get(20, TimeUnit.SECONDS)).isPositive();
    } finally {
      over.set(true);
      other.shutdownNow();
    }
    for (int i = 0; i < engines.opened().size(); i++) {
      assertThat(openModels(i)).isZero();
    }
  }

  @Test
  void reconfigure_onALane_isMisuse() throws Exception {
    try (InferenceExecutor executor = executor(SINGLE)) {
      AtomicReference<Throwable> seen = new AtomicReference<>();
      Thread lane = new LaneThread("lane-under-test", () -> executor.reconfigure(OTHER));
      lane.setUncaughtExceptionHandler((thread, failure) -> seen.set(failure));
      lane.start();
      lane.join();

      assertThat(seen.get()).hasMessageContaining("MISUSE").hasMessageContaining("lane-under-test");
      assertThat(executor.settings()).isEqualTo(SINGLE);
    }
  }

  @Test
  void close_whileItIsReconfigured_leavesNothingOpen() throws Exception {
    for (int round = 0; round < 50; round++) {
      InferenceExecutor executor = executor(SINGLE);
      LoadedModel model = executor.load(FakeModels.source("square"));
      CountDownLatch begun = new CountDownLatch(1);
      CompletableFuture<Void> change =
          CompletableFuture.runAsync(
              () -> {
                begun.countDown();
                executor.reconfigure(ELSEWHERE);
              });
      begun.await();
      executor.close();
      change.exceptionally(failure -> null).get(20, TimeUnit.SECONDS);
      assertCode(ErrorCode.CLOSED, () -> infer(model, 1));
    }
    assertThat(engines.opened()).allMatch(FakeBackend::isClosed);
  }

  @Test
  void swap_anotherFileOfTheSameInputs_servesItFromThenOn() {
    try (InferenceExecutor executor = executor(SINGLE);
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      assertThat(infer(model, 3)).isEqualTo(9);
      model.swap(FakeModels.source("identity"));
      assertThat(infer(model, 3)).isEqualTo(3);
      assertThat(openModels(0)).isEqualTo(1);
      executor.reconfigure(ELSEWHERE);
      assertThat(infer(model, 3)).isEqualTo(3);
    }
  }

  @Test
  void swap_withACheck_refusesWhatAnswersDifferently() {
    try (InferenceExecutor executor = executor(SINGLE);
        LoadedModel model = executor.load(FakeModels.source("square"));
        NamedTensors one = NamedTensors.of(Tensor.of(new float[] {1}, 1));
        NamedTensors three = NamedTensors.of(Tensor.of(new float[] {3}, 1))) {
      ShadowCheck alike = new ShadowCheck(List.of(InferenceRequest.of(one)), 1e-6);
      ShadowCheck other =
          new ShadowCheck(List.of(InferenceRequest.of(one), InferenceRequest.of(three)), 1e-6);
      assertThatThrownBy(() -> model.swap(FakeModels.source("identity"), other))
          .hasMessageContaining("OUTPUTS_DIFFER: request 1: ")
          .hasMessageContaining("[0]: 3.0 (expected: 9.0 within ");
      assertThat(infer(model, 3)).as("as before").isEqualTo(9);
      assertThat(openModels(0)).isEqualTo(1);

      model.swap(FakeModels.source("identity"), alike);
      assertThat(infer(model, 3)).isEqualTo(3);
      assertThat(openModels(0)).isEqualTo(1);

      ShadowCheck loose = new ShadowCheck(List.of(InferenceRequest.of(three)), 2.0);
      model.swap(FakeModels.source("square"), loose);
      assertThat(infer(model, 3)).isEqualTo(9);
      model.swap(FakeModels.source("square"), ShadowCheck.within(0));
      assertThat(openModels(0)).isEqualTo(1);
    }
    assertCode(ErrorCode.CONFIG_INVALID, () -> ShadowCheck.within(-1));
    assertCode(ErrorCode.CONFIG_INVALID, () -> ShadowCheck.within(Double.NaN));
  }

  @Test
  void swap_modelThatIsClosed_isRefusedAndLoadsNothing() {
    try (InferenceExecutor executor = executor(SINGLE)) {
      LoadedModel model = executor.load(FakeModels.source("square"));
      model.close();
      assertCode(ErrorCode.CLOSED, () -> model.swap(FakeModels.source("identity")));
      assertThat(engines.opened().get(0).counts().total(Kind.MODELS)).isEqualTo(1);
    }
  }

  @Test
  void swap_toWhatCannotBeLoaded_goesOnAsBefore() {
    try (InferenceExecutor executor = executor(SINGLE);
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      assertCode(ErrorCode.MODEL_NOT_FOUND, () -> model.swap(FakeModels.source("nosuch")));
      assertCode(ErrorCode.CONFIG_INVALID, () -> model.swap(FakeModels.source("add")));
      assertThat(infer(model, 3)).isEqualTo(9);
      assertThat(openModels(0)).isEqualTo(1);
    }
  }
}
