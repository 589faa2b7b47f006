package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.io.TempDir;

/** What {@link BackendContract} and {@link StrategyContract} share: model files and threads. */
abstract class ContractSupport {
  /** Long enough for anything that is not stuck. */
  protected static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Of this test, empty at its start. */
  @TempDir protected Path directory;

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
   * How often to repeat something under many threads; override to scale the suite down.
   *
   * @param full the number in the catalogue of tests
   * @return the number to use
   */
  protected int repetitions(int full) {
    return full;
  }

  /**
   * Runs a task on new threads, all from the same moment on, and waits for them.
   *
   * @param threads how many
   * @param task what each does; what it throws fails the test
   */
  protected static void inParallel(int threads, Task task) {
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
    tasks.forEach(ContractSupport::joined);
  }

  /**
   * Runs a task on one new thread and waits for it.
   *
   * @param task what it does; what it throws fails the test
   */
  protected static void onOtherThread(ThrowingCallable task) {
    inParallel(1, thread -> callChecked(task));
  }

  private static void callChecked(ThrowingCallable task) {
    Throwable thrown = catchThrowable(task);
    if (thrown != null) {
      throw new AssertionError("on another thread: " + thrown, thrown);
    }
  }

  /** Where every thread is, for whoever reads why a test waited in vain. */
  private static String stacks() {
    StringBuilder text = new StringBuilder();
    Thread.getAllStackTraces()
        .forEach(
            (thread, frames) -> {
              text.append('\n').append(thread).append(' ').append(thread.getState());
              for (StackTraceElement frame : frames) {
                text.append("\n    ").append(frame);
              }
            });
    return text.toString();
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
      throw new AssertionError("a thread did not end; all threads:" + stacks(), e);
    }
  }

  /**
   * Waits for what a future gives.
   *
   * @param <T> what that is
   * @param future the future
   * @return its value
   * @throws InferenceException what it failed with
   */
  protected static <T> T await(Future<T> future) {
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof InferenceException failure) {
        throw failure;
      }
      throw new AssertionError("failed with " + e.getCause(), e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("no answer came; all threads:" + stacks(), e);
    }
  }

  /**
   * Checks that something fails.
   *
   * @param call what
   * @param codes with one of which
   * @return the failure
   */
  protected static InferenceException assertFails(ThrowingCallable call, ErrorCode... codes) {
    Throwable thrown = catchThrowable(call);
    assertThat(thrown).as("failure").isInstanceOf(InferenceException.class);
    InferenceException failure = (InferenceException) thrown;
    assertThat(failure.code()).as(failure.getMessage()).isIn((Object[]) codes);
    return failure;
  }

  /**
   * A tensor of rank 1.
   *
   * @param values its values
   * @return the tensor
   */
  protected static Tensor floats(float... values) {
    return Tensor.of(values, values.length);
  }
}
