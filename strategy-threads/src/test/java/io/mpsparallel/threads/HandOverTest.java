package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * No request is forgotten in the moments when a lane's thread stops looking, steps off and falls
 * asleep: requests come one at a time, each a random moment after the last answer.
 */
class HandOverTest extends ThreadsFixture {
  private static final int REQUESTS = 20_000;
  private static final int LONGEST_PAUSE_NANOS = 80_000;

  @ParameterizedTest
  @CsvSource({"1, 0", "1, 20000", "2, 20000", "3, 50000"})
  void requests_oneAtATimeAtAnyMoment_areAllAnswered(int lanes, long spinNanos) {
    LaneSettings settings =
        LaneSettings.DEFAULTS.withCount(lanes).withSpin(Duration.ofNanos(spinNanos));
    open(ThreadsContract.lanes(lanes, 1).withLanes(settings));
    SplittableRandom random = new SplittableRandom(lanes + spinNanos);
    try (LoadedModel model = load()) {
      for (int i = 0; i < REQUESTS; i++) {
        pause(random.nextInt(LONGEST_PAUSE_NANOS));
        if (random.nextInt(4) == 0) {
          infer(model, i);
        } else {
          assertThat(answer(model.submit(value(i)))).isEqualTo(i + 1);
        }
      }
    }
    assertThat(fake.counts().forwards()).isEqualTo(REQUESTS);
  }

  private static void infer(LoadedModel model, int i) {
    try (var x = value(i);
        InferenceResult result = model.infer(x)) {
      assertThat(result.tensor().toFloatArray()[0]).isEqualTo(i + 1);
    }
  }

  private static void pause(int nanos) {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
  }
}
