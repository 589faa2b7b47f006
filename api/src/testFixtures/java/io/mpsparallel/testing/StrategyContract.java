package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.ResultList;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The suite that every strategy must pass, over any engine; nothing is asked of the engine but
 * right answers, so that it may run in another process. A subclass says what is under test ({@code
 * strategyUnderTest}), over which engine ({@code engine}, {@code executorOpensEngine}) and where
 * its model files are ({@code model}, {@code slowModel}). It may choose settings ({@code settings},
 * and {@code oneLane}, which must make requests run one after another) and plans ({@code plan}),
 * and scale the threaded tests down ({@code repetitions}).
 *
 * <p>The tests of this class use many threads; those of its superclasses fewer. After each test the
 * executor is closed, and no thread may be left whose name begins with {@code mps-parallel-}.
 */
public abstract class StrategyContract extends ResizeContract {
  private static final int FAIR_CALLERS = 8;
  private static final int FAIR_TRIES = 5;
  private static final double MOST_TIMES_MEDIAN = 10;

  /** For subclasses. */
  protected StrategyContract() {}

  @Test
  void callers_2And4Times5_areAllRight() {
    assertCallers(2, 5);
    assertCallers(4, 5);
  }

  @Test
  void callers_8Times100_areAllRight() {
    assertCallers(8, repetitions(100));
  }

  @Test
  void callers_16Times50_areAllRight() {
    assertCallers(16, repetitions(50));
  }

  @Test
  void callers_31Times100_areAllRight() {
    assertCallers(31, repetitions(100));
  }

  private void assertCallers(int threads, int iterations) {
    open();
    AtomicInteger answered = new AtomicInteger();
    try (LoadedModel model = load(ContractModel.SQUARE)) {
      inParallel(
          threads,
          thread -> {
            for (int i = 0; i < iterations; i++) {
              callOnce(model, ContractModel.SQUARE, thread * 100 + i, i % 2 == 1);
              answered.incrementAndGet();
            }
          });
    }
    assertThat(answered).hasValue(threads * iterations);
  }

  @Test
  void map_from4Threads_keepsTheirOrders() {
    open();
    int count = repetitions(100);
    try (LoadedModel model = load(ContractModel.IDENTITY)) {
      inParallel(
          4,
          thread -> {
            List<Tensor> inputs =
                IntStream.range(0, count).mapToObj(i -> floats(thread, i)).toList();
            try (ResultList results = model.map(inputs)) {
              for (int i = 0; i < count; i++) {
                assertThat(results.get(i).tensor().toFloatArray()).containsExactly(thread, i);
              }
            }
          });
    }
  }

  @Test
  void models_4And4ThreadsMixed_doNotDisturbEachOther() {
    open();
    try (LoadedModel square = load(ContractModel.SQUARE);
        LoadedModel add = load(ContractModel.ADD)) {
      inParallel(
          8,
          thread -> {
            for (int i = 0; i < repetitions(100); i++) {
              if (thread % 2 == 0) {
                callOnce(square, ContractModel.SQUARE, thread * 100 + i, i % 4 < 2);
              } else {
                callOnce(add, ContractModel.ADD, thread * 100 + i, i % 4 < 2);
              }
            }
          });
    }
  }

  @Test
  void models_oneForEachOf8Threads_loadAndAnswerAtOnce() {
    open();
    file(ContractModel.SQUARE);
    inParallel(
        8,
        thread -> {
          try (LoadedModel model = load(ContractModel.SQUARE)) {
            for (int i = 0; i < repetitions(20); i++) {
              callOnce(model, ContractModel.SQUARE, thread * 100 + i, i % 2 == 1);
            }
          }
        });
  }

  @Test
  void failures_onSomeThreads_stayThere() {
    open();
    try (LoadedModel square = load(ContractModel.SQUARE);
        LoadedModel raising = load(ContractModel.RAISING);
        Tensor x = floats(1)) {
      inParallel(
          8,
          thread -> {
            for (int i = 0; i < repetitions(50); i++) {
              if (thread % 2 == 0) {
                callOnce(square, ContractModel.SQUARE, thread * 100 + i, i % 4 < 2);
              } else {
                assertFails(() -> raising.infer(x).close(), ErrorCode.MODEL_FAILED);
              }
            }
          });
    }
  }

  @Test
  void churn_50NewThreadsOneAfterAnother_areAllServed() {
    assertChurn(50, 1);
  }

  @Test
  void churn_64NewThreadsOneAfterAnother_areAllServed() {
    assertChurn(64, 4);
  }

  private void assertChurn(int threads, int calls) {
    open();
    try (LoadedModel model = load(ContractModel.SQUARE)) {
      for (int thread = 0; thread < threads; thread++) {
        float first = thread;
        onOtherThread(
            () -> {
              for (int i = 0; i < calls; i++) {
                callOnce(model, ContractModel.SQUARE, first + i, i % 2 == 1);
              }
            });
      }
    }
  }

  @Test
  void churn_4BatchesOf20AtABarrier_areAllServed() {
    open();
    try (LoadedModel model = load(ContractModel.SQUARE)) {
      for (int batch = 0; batch < 4; batch++) {
        CyclicBarrier barrier = new CyclicBarrier(20);
        inParallel(
            20,
            thread -> {
              barrier.await();
              callOnce(model, ContractModel.SQUARE, thread, false);
              callOnce(model, ContractModel.SQUARE, thread, true);
            });
      }
    }
  }

  /**
   * By the clock; or, as a busy machine can hold any one thread up, by how many others were
   * answered meanwhile. It is fair if it was so in one of some tries.
   */
  @Test
  void callers_8Times50Slow_waitAboutEquallyLong() {
    open();
    double best = Double.MAX_VALUE;
    try (LoadedModel slow = loadSlow(40)) { // longer than a thread is kept from its CPU, mostly
      callers(slow, 1);
      for (int i = 0; i < FAIR_TRIES && best > MOST_TIMES_MEDIAN; i++) {
        Waits waits = callers(slow, repetitions(50));
        best = Math.min(best, Math.min(timesMedian(waits.nanos), timesMedian(waits.overtaken)));
      }
    }
    assertThat(best).as("longest wait over the median").isLessThanOrEqualTo(MOST_TIMES_MEDIAN);
  }

  private static double timesMedian(long[] values) {
    Arrays.sort(values);
    return (double) values[values.length - 1] / Math.max(1, values[values.length / 2]);
  }

  /** How long each call took, and how many others were answered meanwhile. */
  private static final class Waits {
    final long[] nanos;
    final long[] overtaken;

    Waits(int calls) {
      nanos = new long[calls];
      overtaken = new long[calls];
    }
  }

  private static Waits callers(LoadedModel slow, int times) {
    Waits waits = new Waits(FAIR_CALLERS * times);
    AtomicInteger answered = new AtomicInteger();
    inParallel(
        FAIR_CALLERS,
        thread -> {
          try (Tensor x = floats(thread)) {
            for (int i = thread * times; i < (thread + 1) * times; i++) {
              long answeredBefore = answered.get();
              long before = System.nanoTime();
              slow.infer(x).close();
              waits.nanos[i] = System.nanoTime() - before;
              waits.overtaken[i] = answered.getAndIncrement() - answeredBefore;
            }
          }
        });
    assertThat(answered).hasValue(FAIR_CALLERS * times);
    return waits;
  }
}
