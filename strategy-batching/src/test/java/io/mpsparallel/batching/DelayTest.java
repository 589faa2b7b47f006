package io.mpsparallel.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No request is forgotten while requests may wait for others: they come in bursts, at random. */
class DelayTest extends BatchingFixture {
  private static final int ROUNDS = 3_000;
  private static final int LONGEST_PAUSE_NANOS = 80_000;

  @ParameterizedTest
  @CsvSource({"1, 0, false", "1, 20000, false", "3, 50000, false", "2, 0, true"})
  void requests_inBurstsAtAnyMoment_areAllAnswered(int lanes, long spinNanos, boolean deep) {
    open(
        oneLane()
            .withLanes(LaneSettings.DEFAULTS.withCount(lanes).withSpin(Duration.ofNanos(spinNanos)))
            .withBatching(batching().withMaxDelay(Duration.ofMillis(1))),
        deep ? FakeBackend.builder().asynchronous() : FakeBackend.builder());
    SplittableRandom random = new SplittableRandom(lanes + spinNanos);
    try (LoadedModel model = load()) {
      for (int round = 0; round < ROUNDS; round++) {
        pause(random.nextInt(LONGEST_PAUSE_NANOS));
        List<CompletableFuture<InferenceResult>> burst = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
          burst.add(model.submit(rows(round)));
        }
        for (CompletableFuture<InferenceResult> future : burst) {
          assertThat(answer(future)).containsExactly(round + 1);
        }
      }
    }
  }

  private static void pause(int nanos) {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
  }
}
