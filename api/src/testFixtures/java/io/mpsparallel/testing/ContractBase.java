package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What a subclass of {@link BackendContract} supplies, and what its tests share. */
abstract class ContractBase {
  /** Long enough for anything that is not stuck. */
  protected static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Of this test, empty at its start. */
  @TempDir protected Path directory;

  /** Opened before each test and closed after it. */
  protected Backend backend;

  /** The device under test. */
  protected Device device;

  /** What a test does on one of several threads. */
  @FunctionalInterface
  protected interface Task {
    /**
     * Does it.
     *
     * @param thread which thread, from 0
     * @throws Exception fails the test
     */
    void run(int thread) throws Exception;
  }

  /**
   * Opens the backend under test.
   *
   * @param settings how
   * @return the backend, which the suite closes
   */
  protected abstract Backend open(BackendSettings settings);

  /**
   * A model file.
   *
   * @param model what it computes
   * @param into an empty directory to write to; a file from elsewhere will do
   * @return the file, with nothing declared
   */
  protected abstract ModelSource model(ContractModel model, Path into);

  /**
   * The file of a model with one input, {@code x}, that returns x after a while.
   *
   * @param loops for how long: 1 is around a tenth of a millisecond, and twice as many take twice
   *     as long
   * @param into an empty directory to write to; a file from elsewhere will do
   * @return the file, with nothing declared
   */
  protected abstract ModelSource slowModel(int loops, Path into);

  /**
   * Which device to test.
   *
   * @param opened the backend
   * @return one of its devices; the first, unless overridden
   */
  protected Device deviceUnderTest(Backend opened) {
    return opened.devices().get(0);
  }

  /**
   * How often to repeat something under many threads; override to scale the suite down.
   *
   * @param full the number in the catalogue of tests
   * @return the number to use
   */
  protected int repetitions(int full) {
    return full;
  }

  @BeforeEach
  void openBackend() {
    backend = open(BackendSettings.DEFAULTS);
    device = deviceUnderTest(backend);
  }

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  /** Closes the backend and opens it with another pool of streams. */
  void reopen(StreamSettings streams) {
    backend.close();
    backend = open(BackendSettings.DEFAULTS.withStreams(streams));
    device = deviceUnderTest(backend);
  }

  Capabilities facts() {
    return backend.capabilities(device);
  }

  Model load(ContractModel kind) {
    return backend.load(model(kind, directory), device);
  }

  Model loadSlow(int loops) {
    return backend.load(slowModel(loops, directory), device);
  }

  /** One forward from inputs to outputs with a slot of its own. */
  @SuppressWarnings("try") // the scope is left, not read
  NamedTensors forward(Model model, Stream stream, Tensor... inputs) {
    try (Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      return forwardInside(slot, stream, NamedTensors.of(inputs));
    }
  }

  /** One forward, for a thread that is inside the stream. */
  NamedTensors forwardInside(Slot slot, Stream stream, NamedTensors inputs) {
    slot.bind(inputs);
    try (Event done = stream.run(List.of(slot))) {
      done.await(PATIENCE);
    }
    return slot.takeOutputs();
  }

  /** Squares a value that tells thread and iteration apart, and checks the answer. */
  void squareOnce(Slot slot, Stream stream, int thread, int iteration) {
    float value = 1 + thread * 7 + iteration % 100;
    try (Tensor x = Tensor.of(new float[] {value, -value, 0.5f}, 1, 3);
        NamedTensors outputs = forwardInside(slot, stream, NamedTensors.of(x))) {
      assertThat(outputs.get(0).toFloatArray())
          .containsExactly(value * value, value * value, 0.25f);
    }
  }

  /** Takes a stream, squares some values on it, and gives it back. */
  @SuppressWarnings("try") // the scope is left, not read
  void squareOnOwnStream(Model square, int thread, int times) {
    try (Stream stream = backend.acquireStream(device);
        Slot slot = square.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      for (int i = 0; i < times; i++) {
        squareOnce(slot, stream, thread, i);
      }
    }
  }

  /** Runs a task on new threads, all from the same moment on, and waits for them. */
  static void inParallel(int threads, Task task) {
    CountDownLatch start = new CountDownLatch(1);
    List<FutureTask<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int number = i;
      FutureTask<Void> future =
          new FutureTask<>(
              () -> {
                start.await();
                task.run(number);
                return null;
              });
      tasks.add(future);
      started(future, "contract-" + i);
    }
    start.countDown();
    tasks.forEach(ContractBase::joined);
  }

  /** Runs a task on one new thread and waits for it. */
  static void onOtherThread(ThrowingCallable task) {
    inParallel(1, thread -> callChecked(task));
  }

  private static void callChecked(ThrowingCallable task) {
    Throwable thrown = catchThrowable(task);
    if (thrown != null) {
      throw new AssertionError("on another thread: " + thrown, thrown);
    }
  }

  static void started(FutureTask<Void> task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  static void joined(FutureTask<Void> task) {
    try {
      task.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError("on a thread: " + e.getCause(), e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("a thread did not end", e);
    }
  }

  /** Checks that something fails with one of some codes. */
  static InferenceException assertFails(ThrowingCallable call, ErrorCode... codes) {
    Throwable thrown = catchThrowable(call);
    assertThat(thrown).as("failure").isInstanceOf(InferenceException.class);
    InferenceException failure = (InferenceException) thrown;
    assertThat(failure.code()).as(failure.getMessage()).isIn((Object[]) codes);
    return failure;
  }

  static Tensor floats(float... values) {
    return Tensor.of(values, values.length);
  }
}
