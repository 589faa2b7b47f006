package io.mpsparallel.adaptive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.AdaptiveSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.settings.ResilienceSettings.Breaker;
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
import io.mpsparallel.work.Served;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A choice over an engine of its own, which stands for worker processes. */
@Timeout(60)
final class ElsewhereTest {
  private final FakeBackendProvider engines = new FakeBackendProvider();
  private final AtomicInteger startsThatFail = new AtomicInteger();
  private final AtomicInteger starts = new AtomicInteger();

  /** One lane under another name, over a second engine. */
  private final class Processes implements StrategyProvider {
    @Override
    public String id() {
      return "processes";
    }

    @Override
    public boolean runsElsewhere() {
      return true;
    }

    @Override
    public Backend open(
        BackendProvider engine, ExecutorSettings settings, List<StrategyProvider> installed) {
      starts.incrementAndGet();
      if (startsThatFail.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new InferenceException(ErrorCode.WORKER_START_FAILED, "no worker today");
      }
      return engine.open(settings.backendSettings());
    }

    @Override
    public ParallelismStrategy create(StrategyContext context) {
      return new SingleLaneProvider().create(context);
    }
  }

  private static ExecutorSettings choosing(String... choices) {
    return ExecutorSettings.DEFAULTS
        .withStrategy(AdaptiveProvider.ID)
        .withAdaptive(AdaptiveSettings.DEFAULTS.withChoices(choices));
  }

  private InferenceExecutor executor(String... choices) {
    return executor(choosing(choices));
  }

  private InferenceExecutor executor(ExecutorSettings settings) {
    return InferenceExecutor.builder()
        .settings(settings)
        .backend(engines)
        .strategy(new SingleLaneProvider())
        .strategy(new Processes())
        .strategy(new AdaptiveProvider())
        .build();
  }

  private static float value(InferenceResult result) {
    return result.tensor().toFloatArray()[0];
  }

  private static Served infer(LoadedModel model) {
    try (Tensor input = Tensor.of(new float[] {3}, 1);
        InferenceResult result = model.infer(input)) {
      assertThat(value(result)).isEqualTo(9);
      return result.served();
    }
  }

  private static Served submit(LoadedModel model) {
    try (InferenceResult result = model.submit(Tensor.of(new float[] {4}, 1)).join()) {
      assertThat(value(result)).isEqualTo(16);
      return result.served();
    }
  }

  /** Both ways in turn, until one of them shows something. */
  private static void callUntil(LoadedModel model, Predicate<Served> seen) {
    boolean shown = false;
    while (!shown) {
      Served handedOver = submit(model);
      Served inline = infer(model);
      shown = seen.test(handedOver) || seen.test(inline);
    }
  }

  private long forwards(int engine) {
    return engines.opened().size() <= engine ? 0 : engines.opened().get(engine).counts().forwards();
  }

  private long openModels(int engine) {
    return engines.opened().get(engine).counts().open(Kind.MODELS);
  }

  private void callUntilElsewhere(LoadedModel model) {
    callUntil(model, served -> !served.fallback() && forwards(1) > 0);
  }

  @Test
  void requests_ofAChoiceElsewhere_runOnItsOwnCopyOfTheModel() {
    try (InferenceExecutor executor = executor("processes")) {
      LoadedModel model = executor.load(FakeModels.source("square"));
      assertThat(engines.opened()).hasSize(1);
      callUntilElsewhere(model);

      long home = forwards(0);
      long before = forwards(1);
      assertThat(submit(model).fallback()).isFalse();
      assertThat(infer(model).fallback()).isFalse();
      assertThat(forwards(0)).isEqualTo(home);
      assertThat(forwards(1)).isEqualTo(before + 2);
      assertThat(openModels(1)).isEqualTo(1);
      model.close();
      assertThat(openModels(1)).isZero();
    }
    assertThat(engines.opened()).hasSize(2).allMatch(FakeBackend::isClosed);
  }

  @Test
  void requests_thatFailElsewhere_runAtHomeAsFallback() {
    try (InferenceExecutor executor = executor("processes");
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      callUntilElsewhere(model);
      for (int i = 0; i < 5; i++) {
        engines.opened().get(1).faults().failRun(failure());
        assertThat(submit(model).fallback()).isTrue();
        engines.opened().get(1).faults().failRun(failure());
        assertThat(infer(model).fallback()).isTrue();
      }
      assertThat(submit(model).fallback()).isFalse();
    }
  }

  private static InferenceException failure() {
    return new InferenceException(ErrorCode.DEVICE_FAILED, "as the test wants");
  }

  @Test
  void place_whereTooMuchFails_isLeftAloneAndTriedAgain() {
    Breaker breaker = new Breaker(4, 50, Duration.ofMillis(500), 1);
    ExecutorSettings settings =
        choosing("processes").withResilience(ResilienceSettings.DEFAULTS.withBreaker(breaker));
    try (InferenceExecutor executor = executor(settings);
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      callUntilElsewhere(model);
      for (int i = 0; i < 4; i++) {
        engines.opened().get(1).faults().failRun(failure());
        assertThat(submit(model).fallback()).isTrue();
      }
      long tried = forwards(1);
      assertThat(submit(model).fallback()).isTrue();
      assertThat(infer(model).fallback()).isTrue();
      assertThat(forwards(1)).isEqualTo(tried);
      callUntil(model, served -> !served.fallback());
      assertThat(forwards(1)).isGreaterThan(tried);
    }
  }

  @Test
  void modelsOwnFailure_elsewhere_isNotTriedAtHome() {
    try (InferenceExecutor executor = executor("processes");
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      callUntilElsewhere(model);
      long home = forwards(0);
      engines
          .opened()
          .get(1)
          .faults()
          .failForward(
              (int) forwards(1) + 1,
              new InferenceException(ErrorCode.MODEL_FAILED, "its own fault"));
      assertThatThrownBy(() -> infer(model)).hasMessageContaining("its own fault");
      assertThat(forwards(0)).isEqualTo(home);
    }
  }

  @Test
  void choice_thatCannotStart_leavesRequestsAtHome() {
    startsThatFail.set(1);
    try (InferenceExecutor executor = executor("processes");
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      callUntil(model, served -> starts.get() > 0);
      assertThat(submit(model).strategy()).isEqualTo(SingleLaneProvider.ID);
      assertThat(engines.opened()).hasSize(1);
    }
    assertThat(starts).hasValue(1); // not again before the pause is over
  }

  @Test
  void choices_withNothingElsewhereNamed_openNoSecondEngine() {
    try (InferenceExecutor executor = executor();
        LoadedModel model = executor.load(FakeModels.source("square"))) {
      callUntil(model, served -> true);
      assertThat(engines.opened()).hasSize(1);
    }
  }

  @Test
  void choices_overAnEngineThatWasHandedOver_areRefused() {
    try (FakeBackend open = FakeBackend.synchronous()) {
      assertThatThrownBy(
              () ->
                  InferenceExecutor.builder()
                      .settings(choosing("processes"))
                      .backend(open)
                      .strategy(new SingleLaneProvider())
                      .strategy(new Processes())
                      .strategy(new AdaptiveProvider())
                      .build())
          .hasMessageStartingWith("CONFIG_INVALID: adaptive.choices: processes over an engine");
    }
  }

  @Test
  void choices_thatAreNotInstalled_areRefused() {
    assertThatThrownBy(() -> executor("batching-over-processes"))
        .hasMessageStartingWith("NOT_INSTALLED: adaptive.choices: 'batching'");
    assertThatThrownBy(() -> executor("threads"))
        .hasMessageStartingWith("NOT_INSTALLED: adaptive.choices: 'threads'");
    assertThat(engines.opened()).allMatch(FakeBackend::isClosed);
  }
}
