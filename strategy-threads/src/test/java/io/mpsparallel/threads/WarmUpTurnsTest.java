package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeFunction;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.testing.ManualTicker;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.SharedTraffic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lanes that warm up beside requests do so one after another; else all at once. */
class WarmUpTurnsTest extends ThreadsFixture {
  private static final int LANES = 3;
  private static final WarmUp MANY =
      WarmUp.of(
          List.of(
              Map.of("x", new long[] {1}),
              Map.of("x", new long[] {2}),
              Map.of("x", new long[] {3})));

  private final ManualTicker clock = new ManualTicker();
  private final AtomicLong served = new AtomicLong();
  private final AtomicBoolean waiting = new AtomicBoolean();
  private final SharedTraffic traffic = new SharedTraffic();
  private final WarmUpTurns turns = new WarmUpTurns(traffic, clock);

  @BeforeEach
  void join() {
    traffic.join(SharedTraffic.Member.of(served::get, waiting::get));
  }

  @Test
  void take_nobodyAsks_allMay() {
    List<String> lanes = List.of("1", "2", "3");
    lanes.forEach(lane -> assertThat(turns.take(lane)).isTrue());
    lanes.forEach(lane -> assertThat(turns.take(lane)).isTrue());
  }

  @Test
  void take_somethingIsServed_oneMayUntilItWasQuietForAWhile() {
    String first = "first";
    String second = "second";
    assertThat(turns.take(first)).isTrue();
    assertThat(turns.take(second)).isTrue();

    served.incrementAndGet();
    assertThat(turns.take(first)).isFalse();
    assertThat(turns.take(second)).isTrue();
    assertThat(turns.mayTake(first)).isFalse();
    assertThat(turns.take(second)).isTrue();

    clock.advance(Duration.ofNanos(WarmUpTurns.QUIET_NANOS - 1));
    assertThat(turns.take(first)).isFalse();
    clock.advance(Duration.ofNanos(1));
    assertThat(turns.take(first)).isTrue();
    assertThat(turns.mayTake(second)).isTrue();
  }

  @Test
  void take_somethingWaits_oneMayAndTheNextOnceThatIsDone() {
    waiting.set(true);
    String first = "first";
    String second = "second";
    assertThat(turns.take(first)).isTrue();
    assertThat(turns.take(second)).isFalse();
    turns.leave(first);
    assertThat(turns.take(second)).isTrue();
  }

  // ---- in lanes ----

  private void openLanes(FakeFunction warm) {
    ExecutorSettings settings = ThreadsContract.lanes(LANES, LaneSettings.AUTO);
    open(settings, FakeBackend.builder().model("warm", warm), clock);
  }

  private static NamedTensors same(NamedTensors inputs) {
    return NamedTensors.of(inputs.get(0).share());
  }

  @Test
  void load_nobodyAsks_lanesWarmUpAtOnce() {
    CyclicBarrier all = new CyclicBarrier(LANES);
    openLanes(
        inputs -> {
          meet(all);
          return same(inputs);
        });
    try (LoadedModel model = executor.load(FakeModels.source("warm").warmingUp(MANY))) {
      await(model.whenReady());
    }
  }

  private static void meet(CyclicBarrier all) {
    try {
      all.await(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("not all at once", e);
    }
  }

  /** The clock stands still: what was served before the warm-up counts until its end. */
  @Test
  void load_besideRequests_lanesWarmUpOneByOneAndTheOthersServe() throws Exception {
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch served = new CountDownLatch(1);
    openLanes(
        inputs -> {
          most.accumulateAndGet(now.incrementAndGet(), Math::max);
          begun.countDown();
          until(served);
          now.decrementAndGet();
          return same(inputs);
        });
    try (LoadedModel plus = load();
        LoadedModel warm = load(plus)) {
      assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
      List<Float> answers = new ArrayList<>();
      for (int i = 0; i < 20; i++) { // while one lane is in a forward of the warm-up
        answers.add(answer(plus.submit(value(i))));
      }
      served.countDown();
      await(warm.whenReady());
      assertThat(answers).hasSize(20);
      assertThat(most).hasValue(1);
    }
  }

  /** All of them leave their streams then, in the middle of it. */
  @Test
  void apply_whileAllWarmUpAndARequestComes_leavesNoneCold() {
    openLanes(WarmUpTurnsTest::same);
    fake.turnstile().shut();
    try (LoadedModel warm = executor.load(FakeModels.source("warm").warmingUp(MANY))) {
      fake.turnstile().awaitWaiting(LANES);
      strategy.apply(
          new Plan(
              Plan.Route.DIRECT, Plan.Over.THREADS, LANES, 1, 1, 1, Duration.ZERO, "the test"));
      CompletableFuture<InferenceResult> request = warm.submit(value(7));
      fake.turnstile().open();
      assertThat(answer(request)).isEqualTo(7);
      await(warm.whenReady());
    }
  }

  private static void until(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private LoadedModel load(LoadedModel plus) {
    try (InferenceResult before = plus.submit(value(1)).join()) {
      assertThat(before.served()).isNotNull();
    }
    return executor.load(FakeModels.source("warm").warmingUp(MANY));
  }
}
