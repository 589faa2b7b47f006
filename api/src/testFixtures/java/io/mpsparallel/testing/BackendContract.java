package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.settings.ThreadSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * The suite that every backend must pass. A subclass says how to open the backend ({@code open})
 * and where its model files are ({@code model}, {@code slowModel}); it may choose the device
 * ({@code deviceUnderTest}) and scale the threaded tests down ({@code repetitions}).
 *
 * <p>The tests of this class use many threads; those of its superclasses one or two.
 */
@SuppressWarnings("try") // scopes are left, not read
public abstract class BackendContract extends EventContract {
  private static final int LANES = 31;

  /** For subclasses. */
  protected BackendContract() {}

  private int lanes() {
    return Math.min(LANES, facts().streamCapacity());
  }

  @Test
  void lanes_31Times100_areAllRight() {
    assertLanes(lanes(), repetitions(100));
  }

  @Test
  void lanes_3RoundsOf31Times50_areAllRight() {
    for (int round = 0; round < 3; round++) {
      assertLanes(lanes(), repetitions(50));
    }
  }

  @Test
  void lanes_fewWithManyIterations_areAllRight() {
    assertLanes(2, 5);
    assertLanes(4, 5);
    assertLanes(Math.min(8, lanes()), repetitions(100));
    assertLanes(Math.min(16, lanes()), repetitions(50));
  }

  @Test
  void useThreads_whileOthersRun_answersStayRight() {
    try (Model square = load(ContractModel.SQUARE)) {
      inParallel(
          3,
          thread -> {
            for (int i = 0; i < repetitions(50); i++) {
              backend.useThreads(new ThreadSettings(1 + (i + thread) % 2, ThreadSettings.AUTO));
              squareOnOwnStream(square, thread, 2);
            }
          });
    }
  }

  private void assertLanes(int threads, int iterations) {
    AtomicInteger answered = new AtomicInteger();
    try (Model square = load(ContractModel.SQUARE)) {
      inParallel(
          threads,
          thread -> {
            try (Stream stream = backend.acquireStream(device);
                Slot slot = square.newSlot(stream);
                Stream.Scope inside = stream.enter()) {
              for (int i = 0; i < iterations; i++) {
                squareOnce(slot, stream, thread, i);
                answered.incrementAndGet();
              }
            }
          });
    }
    assertThat(answered).hasValue(threads * iterations);
  }

  @Test
  void exhaustion_failing_40Threads31Streams_refusesNine() {
    int lanes = lanes();
    AtomicInteger served = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    reopen(StreamSettings.DEFAULTS.withCapacity(lanes));
    CountDownLatch tried = new CountDownLatch(lanes + 9);
    inParallel(
        lanes + 9,
        thread -> {
          try (Stream stream = backend.acquireStream(device)) {
            served.incrementAndGet();
            tried.countDown();
            tried.await();
            assertThat(stream.index()).isBetween(1, lanes);
          } catch (InferenceException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.STREAMS_EXHAUSTED);
            refused.incrementAndGet();
            tried.countDown();
          }
        });
    assertThat(served).hasValue(lanes);
    assertThat(refused).hasValue(9);
  }

  @Test
  void exhaustion_waitingForever_40Threads31Streams_servesAll() {
    assertAllServed(lanes() + 9, StreamSettings.FOREVER);
  }

  @Test
  void exhaustion_waitingForATime_40Threads31Streams_servesAll() {
    assertAllServed(lanes() + 9, PATIENCE);
  }

  private void assertAllServed(int threads, Duration patience) {
    AtomicInteger served = new AtomicInteger();
    reopen(StreamSettings.DEFAULTS.withCapacity(lanes()).withPatience(patience));
    try (Model square = load(ContractModel.SQUARE)) {
      inParallel(
          threads,
          thread -> {
            squareOnOwnStream(square, thread, 5);
            served.incrementAndGet();
          });
    }
    assertThat(served).hasValue(threads);
  }

  @Test
  void exhaustion_twoWavesOf30_servesAll60() {
    assertAllServed(60, StreamSettings.FOREVER);
  }

  @Test
  void churn_50NewThreadsOneAfterAnother_areAllServed() {
    try (Model square = load(ContractModel.SQUARE)) {
      for (int i = 0; i < 50; i++) {
        int number = i;
        onOtherThread(() -> squareOnOwnStream(square, number, 1));
      }
    }
  }

  @Test
  void churn_4BatchesOf20AtABarrier_areAllServed() {
    int threads = Math.min(20, lanes());
    try (Model square = load(ContractModel.SQUARE)) {
      for (int batch = 0; batch < 4; batch++) {
        CyclicBarrier barrier = new CyclicBarrier(threads);
        inParallel(
            threads,
            thread -> {
              barrier.await();
              squareOnOwnStream(square, thread, 2);
            });
      }
    }
  }

  @Test
  void churn_200StreamsOneAfterAnother_areAllServed() {
    try (Model square = load(ContractModel.SQUARE)) {
      for (int i = 0; i < 200; i++) {
        squareOnOwnStream(square, i, 1);
      }
    }
  }

  @Test
  void models_4And4ThreadsMixed_doNotDisturbEachOther() {
    int iterations = repetitions(100);
    try (Model square = load(ContractModel.SQUARE);
        Model add = load(ContractModel.ADD)) {
      inParallel(
          Math.min(8, lanes()),
          thread -> {
            if (thread % 2 == 0) {
              squareOnOwnStream(square, thread, iterations);
            } else {
              addOnOwnStream(add, thread, iterations);
            }
          });
    }
  }

  private void addOnOwnStream(Model add, int thread, int times) {
    try (Stream stream = backend.acquireStream(device);
        Slot slot = add.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      for (int i = 0; i < times; i++) {
        try (Tensor a = floats(thread, i);
            Tensor b = floats(1, 2);
            NamedTensors outputs = forwardInside(slot, stream, NamedTensors.of(a, b))) {
          assertThat(outputs.get(0).toFloatArray()).containsExactly(thread + 1, i + 2);
        }
      }
    }
  }

  @Test
  void models_oneForEachThread_loadAndRunAtOnce() {
    ModelSource source = model(ContractModel.SQUARE, directory);
    inParallel(
        Math.min(8, lanes()),
        thread -> {
          try (Model square = backend.load(source, device)) {
            squareOnOwnStream(square, thread, 20);
          }
        });
  }

  @Test
  void synchronize_whileEightThreadsRun_disturbsNobody() {
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger running = new AtomicInteger(Math.min(8, lanes()));
    try (Model square = load(ContractModel.SQUARE)) {
      inParallel(
          running.get() + 1,
          thread -> {
            if (thread == 0) {
              while (!over.get()) {
                backend.synchronize(device);
              }
              return;
            }
            try {
              squareOnOwnStream(square, thread, repetitions(50));
            } finally {
              if (running.decrementAndGet() == 0) {
                over.set(true);
              }
            }
          });
    }
  }

  @Test
  void model_closedWhileThreadsRun_answersOrRefuses() {
    for (int round = 0; round < 10; round++) {
      Model square = load(ContractModel.SQUARE);
      CountDownLatch warm = new CountDownLatch(3);
      inParallel(
          4,
          thread -> {
            if (thread == 0) {
              warm.await();
              square.close();
              return;
            }
            try {
              squareOnOwnStream(square, thread, 1);
              warm.countDown();
              squareOnOwnStream(square, thread, 1_000_000);
            } catch (InferenceException e) {
              assertThat(e.code()).as(e.getMessage()).isEqualTo(ErrorCode.CLOSED);
            }
          });
    }
  }

  @Test
  void failures_onSomeThreads_stayThere() {
    try (Model square = load(ContractModel.SQUARE);
        Model raising = load(ContractModel.RAISING)) {
      inParallel(
          Math.min(8, lanes()),
          thread -> {
            if (thread % 2 == 0) {
              squareOnOwnStream(square, thread, repetitions(50));
            } else {
              raiseOnOwnStream(raising);
            }
          });
    }
  }

  private void raiseOnOwnStream(Model raising) {
    try (Stream stream = backend.acquireStream(device);
        Slot slot = raising.newSlot(stream);
        Stream.Scope inside = stream.enter();
        Tensor x = floats(1)) {
      for (int i = 0; i < 20; i++) {
        assertFails(
            () -> forwardInside(slot, stream, NamedTensors.of(x)).close(), ErrorCode.MODEL_FAILED);
      }
    }
  }
}
