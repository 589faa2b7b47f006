package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;

/** What a subclass of {@link InProcessStrategyContract} supplies, and what its tests share. */
abstract class InProcessBase extends StrategyContract {
  private static final String TRACKED = "tracked";

  /** The engine of the executor that was opened last. */
  protected FakeBackend fake;

  /** The threads that computed the model {@code tracked}, in order. */
  protected final List<Thread> threads = new CopyOnWriteArrayList<>();

  /** The values that came to the model {@code tracked}, in order. */
  final List<Float> computed = new CopyOnWriteArrayList<>();

  /** What the model {@code tracked} made of them. */
  final List<Tensor> outputs = new CopyOnWriteArrayList<>();

  private final List<FakeBackend> fakes = new ArrayList<>();

  /** {@return a builder of the engine; settings and models come from the suite} */
  protected abstract FakeBackendBuilder parts();

  /**
   * Opens the engine; a subclass may put something around it.
   *
   * @param opening opens the fake with the observer that it is to tell
   * @return what the strategy gets, which closes the fake when it is closed
   */
  protected Backend engine(Function<EncodeObserver, FakeBackend> opening) {
    return opening.apply(EncodeObserver.NONE);
  }

  /**
   * How many requests of one model, handed in one after another, the strategy, by its {@code
   * settings}, has on the device at most while none of them ends: lanes times their depth.
   *
   * @return 1, unless overridden
   */
  protected int inFlight() {
    return 1;
  }

  private final class Engine implements BackendProvider {
    @Override
    public String id() {
      return FakeBackend.ID;
    }

    @Override
    public Backend open(BackendSettings settings) {
      return engine(observer -> openFake(settings, observer));
    }
  }

  private FakeBackend openFake(BackendSettings settings, EncodeObserver observer) {
    fake = parts().settings(settings).observer(observer).model(TRACKED, this::tracked).build();
    fakes.add(fake);
    return fake;
  }

  /** x + 1 for each row of one value; fails if one is negative. */
  private NamedTensors tracked(NamedTensors inputs) {
    float[] values = inputs.get(0).toFloatArray();
    threads.add(Thread.currentThread());
    for (int i = 0; i < values.length; i++) {
      computed.add(values[i]);
      if (values[i] < 0) {
        throw new InferenceException(ErrorCode.MODEL_FAILED, "negative: " + values[i]);
      }
      values[i]++;
    }
    Tensor output = floats(values);
    outputs.add(output);
    return NamedTensors.of(output);
  }

  @Override
  protected BackendProvider engine() {
    return new Engine();
  }

  @Override
  protected ModelSource model(ContractModel model, Path into) {
    return FakeModels.write(into, model);
  }

  @Override
  protected ModelSource slowModel(int loops, Path into) {
    return FakeModels.writeSlow(into, loops);
  }

  /** {@return a model with one input, which returns x + 1 and fails for negative values} */
  protected final LoadedModel loadTracked() {
    return executor.load(FakeModels.source(TRACKED));
  }

  /**
   * Shuts the turnstile and occupies the strategy: {@link #inFlight} requests for the value 0 are
   * on the device, and the next ones must wait.
   *
   * @param tracked the model
   * @return their futures
   */
  protected final List<CompletableFuture<InferenceResult>> occupy(LoadedModel tracked) {
    return occupy(tracked, inFlight());
  }

  final List<CompletableFuture<InferenceResult>> occupy(LoadedModel tracked, int requests) {
    fake.turnstile().shut();
    List<CompletableFuture<InferenceResult>> held = new ArrayList<>();
    while (held.size() < requests) { // one by one: the queue may hold but one
      held.add(submit(tracked, 0));
      fake.counts().awaitOpen(FakeCounts.Kind.RUNS, held.size());
    }
    return held;
  }

  /**
   * Submits one value, and {@linkplain #keep keeps} the future.
   *
   * @param tracked the model
   * @param value the value
   * @return the future
   */
  protected final CompletableFuture<InferenceResult> submit(LoadedModel tracked, float value) {
    return keep(tracked.submit(floats(value)));
  }

  /**
   * Waits for the answer to a request.
   *
   * @param future its future
   * @return the first number of the first output, which is closed
   */
  protected static float answer(CompletableFuture<InferenceResult> future) {
    try (InferenceResult result = await(future)) {
      return result.tensor().toFloatArray()[0];
    }
  }

  /**
   * Infers one value.
   *
   * @param tracked the model
   * @param value the value
   * @return the first number of the first output
   */
  protected static float infer(LoadedModel tracked, float value) {
    try (Tensor x = floats(value);
        InferenceResult result = tracked.infer(x)) {
      return result.tensor().toFloatArray()[0];
    }
  }

  final boolean isAsynchronous() {
    return fake.capabilities(executor.device()).asynchronous();
  }

  @AfterEach
  void openTurnstiles() {
    fakes.forEach(opened -> opened.turnstile().open());
  }

  @Override
  protected void assertNothingLeft() {
    for (FakeBackend opened : fakes) {
      opened.counts().assertNothingOpen();
      assertThat(opened.counts().doubleReleases()).as("double releases").isZero();
    }
    assertThat(outputs).allMatch(Tensor::isClosed);
  }
}
