package io.mpsparallel.testing;

import static io.mpsparallel.testing.ContractAnswers.assertRight;
import static io.mpsparallel.testing.ContractAnswers.inputs;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.InferenceExecutorBuilder;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** What a subclass of {@link StrategyContract} supplies, and what its tests share. */
@Timeout(300) // for what hangs on the test's own thread
abstract class StrategyBase extends ContractSupport {
  /** What {@link #open} opened last. */
  protected InferenceExecutor executor;

  /** The strategy inside {@link #executor}. */
  protected ParallelismStrategy strategy;

  private final Map<ContractModel, ModelSource> files = new EnumMap<>(ContractModel.class);
  private final Queue<CompletableFuture<InferenceResult>> kept = new ConcurrentLinkedQueue<>();
  private final ThreadWatch watch = new ThreadWatch(); // JUnit makes an instance for each test
  private @Nullable Backend handedOver;

  /** {@return the strategy under test} */
  protected abstract StrategyProvider strategyUnderTest();

  /**
   * What is installed beside the strategy under test, which may need others.
   *
   * @return nothing, unless overridden
   */
  protected List<StrategyProvider> installedBeside() {
    return List.of();
  }

  /**
   * What results may name as their strategy.
   *
   * @return the strategy under test, unless overridden, as by one that chooses between others
   */
  protected List<String> servedBy() {
    return List.of(strategyUnderTest().id());
  }

  /** {@return the engine that it runs over} */
  protected abstract BackendProvider engine();

  /**
   * Whether the executor opens the engine itself, as strategies ask for that run it in other
   * processes; else it is handed an opened one.
   *
   * @return false, unless overridden
   */
  protected boolean executorOpensEngine() {
    return false;
  }

  /**
   * The settings of most tests.
   *
   * @return the defaults, unless overridden
   */
  protected ExecutorSettings settings() {
    return ExecutorSettings.DEFAULTS;
  }

  /**
   * The settings by which one request runs at a time: one lane with one request in flight, or one
   * worker, and no batches.
   *
   * @return {@link #settings}, unless overridden
   */
  protected ExecutorSettings oneLane() {
    return settings();
  }

  /** The settings of most tests with other timeouts. */
  final ExecutorSettings timeouts(Duration event, Duration close) {
    return settings().withBackendSettings(settings().backendSettings().withTimeouts(event, close));
  }

  private final class Capturing implements StrategyProvider {
    private final StrategyProvider inner = strategyUnderTest();

    @Override
    public String id() {
      return inner.id();
    }

    @Override
    public Backend open(
        BackendProvider engine, ExecutorSettings settings, List<StrategyProvider> installed) {
      return inner.open(engine, settings, installed);
    }

    @Override
    public ParallelismStrategy create(StrategyContext context) {
      strategy = inner.create(context);
      return strategy;
    }
  }

  /** Opens an executor with the settings of most tests; it is closed after the test. */
  protected final void open() {
    open(settings());
  }

  /**
   * Opens an executor, which is closed after the test, and closes the one before it.
   *
   * @param settings its settings
   */
  protected final void open(ExecutorSettings settings) {
    open(settings, Ticker.SYSTEM);
  }

  /**
   * Opens an executor, which is closed after the test, and closes the one before it.
   *
   * @param settings its settings
   * @param ticker its clock
   */
  protected final void open(ExecutorSettings settings, Ticker ticker) {
    close();
    InferenceExecutorBuilder builder =
        InferenceExecutor.builder().settings(settings).ticker(ticker).strategy(new Capturing());
    installedBeside().forEach(builder::strategy);
    if (executorOpensEngine()) {
      builder.backend(engine());
    } else {
      handedOver = engine().open(settings.backendSettings());
      builder.backend(handedOver);
    }
    executor = builder.build();
  }

  private void close() {
    if (executor != null) {
      executor.close();
    }
    if (handedOver != null) {
      handedOver.close();
      handedOver = null;
    }
  }

  @AfterEach
  void closeAndLookForLeftovers() {
    close();
    kept.forEach(StrategyBase::closeKept);
    assertNoThreadLeft();
    assertNothingLeft();
  }

  /** Looks for what a test left behind, after everything is closed. */
  protected void assertNothingLeft() {}

  private static void closeKept(CompletableFuture<InferenceResult> future) {
    assertThat(future).as("a request after the executor was closed").isDone();
    if (!future.isCompletedExceptionally()) {
      future.join().close();
    }
  }

  /** Checks that every thread of the strategy ends. */
  final void assertNoThreadLeft() {
    watch.assertNoneLeft(PATIENCE);
  }

  /** The model's file, written once for each test. */
  final synchronized ModelSource file(ContractModel kind) {
    return files.computeIfAbsent(kind, missing -> model(missing, directory));
  }

  /**
   * Loads a model of the suite.
   *
   * @param kind what it computes
   * @return the model
   */
  protected final LoadedModel load(ContractModel kind) {
    return executor.load(file(kind));
  }

  /**
   * Loads a model that returns its input after a while.
   *
   * @param loops for how long, as for {@link #slowModel}
   * @return the model
   */
  protected final LoadedModel loadSlow(int loops) {
    return executor.load(slowModel(loops, directory));
  }

  /**
   * Remembers a future: at the end of the test it must be done, and its result is closed.
   *
   * @param future the future
   * @return the same
   */
  protected final CompletableFuture<InferenceResult> keep(
      CompletableFuture<InferenceResult> future) {
    kept.add(future);
    return future;
  }

  /**
   * Infers or submits once, and checks the answer.
   *
   * @param model the model
   * @param kind what it computes
   * @param value what the inputs are made from
   * @param submits whether it submits
   */
  protected static void callOnce(
      LoadedModel model, ContractModel kind, float value, boolean submits) {
    if (submits) {
      assertAnswered(kind, value, model.submit(InferenceRequest.of(inputs(kind, value))));
      return;
    }
    try (NamedTensors borrowed = inputs(kind, value);
        InferenceResult result = model.infer(InferenceRequest.of(borrowed))) {
      assertRight(kind, value, result);
    }
  }

  /** Waits for an answer, checks it and closes it. */
  static void assertAnswered(
      ContractModel kind, float value, CompletableFuture<InferenceResult> future) {
    try (InferenceResult result = await(future)) {
      assertRight(kind, value, result);
    }
  }

  /** Waits for an answer, or for the failure of a request that was refused at the end. */
  static void assertAnsweredOrClosed(CompletableFuture<InferenceResult> future) {
    try (InferenceResult result = await(future)) {
      assertThat(result.tensor().isClosed()).isFalse();
    } catch (InferenceException e) {
      assertThat(e.code()).as(e.getMessage()).isEqualTo(ErrorCode.CLOSED);
    }
  }

  /**
   * Checks that a request fails.
   *
   * @param future its future
   * @param codes with one of which
   * @return the failure
   */
  protected static InferenceException assertFails(
      CompletableFuture<InferenceResult> future, ErrorCode... codes) {
    return assertFails(() -> await(future).close(), codes);
  }
}
