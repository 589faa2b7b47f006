package io.mpsparallel.mps;

import static io.mpsparallel.error.ErrorCode.CLOSED;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** A child's main class: objects that are used after, or while, they are closed. */
final class ClosedObjects {
  private static final int THREADS = 8;
  private static final int ROUNDS = 20;

  private ClosedObjects() {}

  /**
   * Runs the group.
   *
   * @param arguments a directory to write to
   * @throws InterruptedException never
   */
  public static void main(String[] arguments) throws InterruptedException {
    BadCases cases = new BadCases();
    Path file =
        ScriptModels.script(
            Path.of(arguments[0], "square.pt"),
            "def forward(self, x: Tensor) -> Tensor:\n  return x * x\n");
    values(cases, file);
    owners(cases, file);
    for (boolean submit : new boolean[] {false, true}) {
      String how = submit ? "submit" : "infer";
      cases.holds("storm, model closes, " + how, true, storms(file, true, submit));
      cases.holds("storm, executor closes, " + how, true, storms(file, false, submit));
    }
    cases.end();
  }

  private static void values(BadCases cases, Path file) {
    try (InferenceExecutor executor = InferenceExecutor.builder().build();
        LoadedModel model = executor.load(file)) {
      Tensor x = Tensor.of(new float[] {2}, 1);
      InferenceResult result = model.infer(x);
      Tensor output = result.tensor();
      result.close();
      result.close();
      cases.fails("output of closed result", CLOSED, "", output::toFloatArray);
      cases.fails("buffer of closed result", CLOSED, "", output::buffer);
      cases.fails("copy of closed result", CLOSED, "", () -> result.detach().close());
      x.close();
      x.close();
      cases.fails("closed tensor, read", CLOSED, "", x::toFloatArray);
      cases.fails("closed tensor, shared", CLOSED, "", () -> x.share().close());
      cases.fails("closed tensor, infer", CLOSED, "input 'x'", () -> model.infer(x));
      cases.fails("closed tensor, submit", CLOSED, "input 'x'", () -> joined(model, x));
      Tensor y = Tensor.of(new float[] {2}, 1);
      NamedTensors named = NamedTensors.of(y);
      named.close();
      cases.fails("closed tensors", CLOSED, "", () -> named.share().close());
    }
  }

  private static void owners(BadCases cases, Path file) {
    InferenceExecutor executor = InferenceExecutor.builder().build();
    LoadedModel model = executor.load(file);
    LoadedModel other = executor.load(file);
    Tensor x = Tensor.of(new float[] {2}, 1);
    model.close();
    model.close();
    cases.fails("closed model, infer", CLOSED, "model was closed", () -> model.infer(x));
    cases.fails("closed model, submit", CLOSED, "model was closed", () -> joined(model, x.share()));
    InferenceResult kept = other.infer(x);
    executor.close();
    executor.close();
    cases.fails("closed executor, infer", CLOSED, "was closed", () -> other.infer(x));
    cases.fails("closed executor, load", CLOSED, "executor was closed", () -> executor.load(file));
    cases.holds("result outlives executor", kept.tensor().toFloatArray()[0] == 4, "4");
    kept.close();
    cases.fails("its tensor, closed", CLOSED, "", () -> kept.tensor().toFloatArray());
  }

  private static void joined(LoadedModel model, Tensor x) {
    try {
      model.submit(x).join().close();
    } catch (CompletionException e) {
      throw (InferenceException) e.getCause();
    }
  }

  private static String storms(Path file, boolean closeModel, boolean submit)
      throws InterruptedException {
    AtomicInteger answers = new AtomicInteger();
    for (int round = 0; round < ROUNDS; round++) {
      InferenceExecutor executor = InferenceExecutor.builder().build();
      LoadedModel model = executor.load(file);
      storm(model, closeModel ? model : executor, answers, submit);
      executor.close();
    }
    return answers + " answers before " + ROUNDS + " closes under " + THREADS + " threads";
  }

  private static void storm(
      LoadedModel model, AutoCloseable closing, AtomicInteger answers, boolean submit)
      throws InterruptedException {
    CountDownLatch warm = new CountDownLatch(THREADS);
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      float value = i + 1;
      threads.add(new Thread(() -> inferUntilClosed(model, value, submit, warm, answers, wrong)));
    }
    threads.forEach(Thread::start);
    warm.await();
    try {
      closing.close();
    } catch (Exception e) {
      wrong.compareAndSet(null, e);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (wrong.get() != null) {
      throw new AssertionError("in a storm", wrong.get());
    }
  }

  private static void inferUntilClosed(
      LoadedModel model,
      float value,
      boolean submit,
      CountDownLatch warm,
      AtomicInteger answers,
      AtomicReference<Throwable> wrong) {
    try {
      while (true) {
        Tensor x = Tensor.of(new float[] {value}, 1);
        try (InferenceResult result = submit ? model.submit(x).join() : model.infer(x)) {
          float found = result.tensor().toFloatArray()[0];
          if (found != value * value) {
            throw new AssertionError(value + " squared is " + found);
          }
        }
        answers.incrementAndGet();
        warm.countDown();
      }
    } catch (RuntimeException | Error e) {
      Throwable cause = e instanceof CompletionException ? e.getCause() : e;
      if (!(cause instanceof InferenceException known && known.code() == CLOSED)) {
        wrong.compareAndSet(null, e);
      }
      warm.countDown();
    }
  }
}
