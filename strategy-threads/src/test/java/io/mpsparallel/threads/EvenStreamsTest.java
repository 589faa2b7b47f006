package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Device;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.testing.EncodeObserver;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeCounts.Kind;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** No request waits for another one on its stream while a lane has nothing to do. */
class EvenStreamsTest extends ThreadsFixture {
  private static final int LANES = 4;
  private static final int STREAMS = 8; // of each
  private static final int ROUNDS = 50;

  private static ExecutorSettings lanes(int count, int depth) {
    return ThreadsContract.lanes(count, depth)
        .withBackendSettings(
            BackendSettings.DEFAULTS.withStreams(StreamSettings.DEFAULTS.withCapacity(255)));
  }

  @Test
  void requests_asManyAsStreams_haveOneEachThoughALaneCouldTakeTwiceAsMany() {
    List<Integer> used = new CopyOnWriteArrayList<>();
    open(lanes(LANES, 2 * STREAMS), FakeBackend.builder().asynchronous().observer(noting(used)));
    try (LoadedModel model = load()) {
      for (int round = 0; round < ROUNDS; round++) {
        awaitIdle();
        fake.turnstile().shut();
        List<CompletableFuture<InferenceResult>> all = new ArrayList<>();
        for (int i = 0; i < LANES * STREAMS; i++) {
          all.add(model.submit(value(i)));
        }
        fake.counts().awaitOpen(Kind.RUNS, LANES * STREAMS);
        assertThat(used).as("streams").hasSize(LANES * STREAMS).doesNotHaveDuplicates();
        fake.turnstile().open();
        for (int i = 0; i < all.size(); i++) {
          assertThat(answer(all.get(i))).isEqualTo(i + 1);
        }
        used.clear();
      }
    }
  }

  /** A lane that is kept from its streams keeps nobody else from queueing on theirs. */
  @Test
  void requests_whileALaneIsStuckInAnAnswer_areTakenByTheOther() throws Exception {
    open(lanes(2, 2 * STREAMS), FakeBackend.builder().asynchronous());
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch free = new CountDownLatch(1);
    try (LoadedModel model = load()) {
      CompletableFuture<Void> answered =
          hold(model, 1)
              .get(0)
              .thenAccept(
                  result -> {
                    result.close();
                    stuck.countDown();
                    awaitUninterrupted(free);
                  });
      fake.turnstile().open();
      assertThat(stuck.await(30, TimeUnit.SECONDS)).isTrue();
      fake.turnstile().shut();
      List<CompletableFuture<InferenceResult>> all = new ArrayList<>();
      for (int i = 0; i < 2 * STREAMS; i++) {
        all.add(model.submit(value(i)));
      }
      fake.counts().awaitOpen(Kind.RUNS, 2 * STREAMS);
      fake.turnstile().open();
      all.forEach(future -> assertThat(answer(future)).isPositive());
      free.countDown();
      await(answered);
    } finally {
      free.countDown();
    }
  }

  @Test
  void lanes_thatAreAdded_shareTheStreamsByTheirNewNumber() {
    open(lanes(2, STREAMS), FakeBackend.builder().asynchronous());
    assertThat(fake.streamsInUse(Device.cuda(0))).isEqualTo(2 * STREAMS);
    strategy.apply(
        new Plan(Plan.Route.DIRECT, Plan.Over.THREADS, 8, STREAMS, 1, 1, Duration.ZERO, "test"));
    assertThat(fake.streamsInUse(Device.cuda(0))).isEqualTo(2 * STREAMS + 6 * 4);
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static EncodeObserver noting(List<Integer> used) {
    return new EncodeObserver() {
      @Override
      public void encodeBegins(Device device, int stream) {
        used.add(stream);
      }
    };
  }
}
