package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.work.InferenceResult;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which threads run forwards on a device that keeps memory for each of them, and records. */
class CallersOfGpuLanesTest extends ThreadsFixture {
  private static final int UNTIL_RECORDED = 10;

  private final List<String> encoders = new CopyOnWriteArrayList<>();

  @BeforeEach
  void openOneLane() {
    open(
        ThreadsContract.lanes(1, 8),
        FakeBackend.builder()
            .asynchronous()
            .onEncode(() -> encoders.add(Thread.currentThread().getName())));
  }

  private static void inferHere(LoadedModel model, int times) {
    for (int i = 0; i < times; i++) {
      try (var x = value(i);
          InferenceResult result = model.infer(x)) {
        assertThat(result.tensor().toFloatArray()[0]).isEqualTo(i + 1);
      }
    }
  }

  private String encoderOfAnotherThreadsCall(LoadedModel model) {
    awaitIdle();
    assertThat(await(caller(model, 5))).isEqualTo(6);
    return encoders.get(encoders.size() - 1);
  }

  @Test
  void thread_withoutALane_mayRunWhatIsRecordedAndNothingElse() {
    try (LoadedModel model = load()) {
      awaitIdle();
      inferHere(model, 1); // the one lane is this thread's from now on
      assertThat(encoders.get(0)).isEqualTo(Thread.currentThread().getName());
      assertThat(encoderOfAnotherThreadsCall(model)).startsWith("mps-parallel-lane-");
      awaitIdle();
      inferHere(model, UNTIL_RECORDED);
      assertThat(encoderOfAnotherThreadsCall(model)).isEqualTo("caller");
    }
  }

  @Test
  void thread_withoutALane_waitsWhileTheOnlyOneIsTaken() {
    try (LoadedModel model = load()) {
      awaitIdle();
      inferHere(model, 2 * UNTIL_RECORDED);
      List<CompletableFuture<InferenceResult>> held = hold(model, 1);
      FutureTask<Float> waiting = caller(model, 1);
      fake.turnstile().open();
      held.forEach(future -> assertThat(answer(future)).isEqualTo(1));
      assertThat(await(waiting)).isEqualTo(2);
    }
  }
}
