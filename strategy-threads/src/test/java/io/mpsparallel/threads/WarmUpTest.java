package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.ModelState;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeCounts.Kind;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every lane runs every declared shape until it is prepared, before the model is ready. */
class WarmUpTest extends ThreadsFixture {
  private static final WarmUp TWO_SHAPES =
      WarmUp.of(List.of(Map.of("x", new long[] {1}), Map.of("x", new long[] {8})));

  private LoadedModel load(WarmUp warmUp) {
    return executor.load(FakeModels.source("plus").warmingUp(warmUp));
  }

  private void openLanes(int lanes) {
    open(ThreadsContract.lanes(lanes, LaneSettings.AUTO));
  }

  private static Plan plan(int lanes) {
    return new Plan(Plan.Route.DIRECT, Plan.Over.THREADS, lanes, 1, 1, 1, Duration.ZERO, "test");
  }

  @Test
  void load_nothingDeclared_isReadyAtOnce() {
    openLanes(2);
    try (LoadedModel model = load()) {
      assertThat(model.state()).isEqualTo(ModelState.READY);
      assertThat(model.whenReady()).isCompleted();
      assertThat(fake.counts().forwards()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void load_shapesDeclared_runsEachOnEachLane(boolean asynchronous) {
    open(
        ThreadsContract.lanes(3, LaneSettings.AUTO),
        asynchronous ? FakeBackend.builder().asynchronous() : FakeBackend.builder());
    try (LoadedModel model = load(TWO_SHAPES)) {
      await(model.whenReady());
      assertThat(model.state()).isEqualTo(ModelState.READY);
      Capabilities facts = fake.capabilities(fake.devices().get(0));
      if (asynchronous) { // a recording for each in flight; lanes learn from each other
        int together = 3 * 2 * facts.depth();
        assertThat(fake.counts().forwards() - together)
            .isBetween(
                2 * (facts.warmUpRuns() + 2 * facts.furtherWarmUpRuns()),
                2 * 3 * facts.warmUpRuns());
      } else {
        assertThat(fake.counts().forwards()).isEqualTo(3 * 2 * facts.warmUpRuns());
        assertThat(Set.copyOf(threads))
            .hasSize(3)
            .allMatch(lane -> Collections.frequency(threads, lane) == 2 * 3);
      }
    }
  }

  /** What one stream has shown to be recordable takes a few runs on the others. */
  @Test
  void load_lanesOfSeveralStreams_runsUntilEachHasRecorded() {
    StreamSettings many = StreamSettings.DEFAULTS.withCapacity(255);
    open(
        ThreadsContract.lanes(1, LaneSettings.AUTO)
            .withBackendSettings(BackendSettings.DEFAULTS.withStreams(many)),
        FakeBackend.builder().asynchronous());
    try (LoadedModel model = load(TWO_SHAPES)) {
      await(model.whenReady());
      Capabilities facts = fake.capabilities(fake.devices().get(0));
      int streams = fake.counts().open(Kind.STREAMS);
      assertThat(streams).isGreaterThan(1);
      int alone = facts.warmUpRuns() + (streams - 1) * facts.furtherWarmUpRuns();
      assertThat(fake.counts().forwards()).isEqualTo(2 * (alone + facts.depth()));
    }
  }

  @Test
  void requests_whileItWarmsUp_areServed() {
    openLanes(1);
    fake.turnstile().shut();
    try (LoadedModel model = load(TWO_SHAPES)) {
      fake.turnstile().awaitWaiting(1);
      assertThat(model.state()).isEqualTo(ModelState.WARMING_UP);
      CompletableFuture<InferenceResult> early = model.submit(value(1));
      fake.turnstile().open();
      assertThat(answer(early)).isEqualTo(2);
      await(model.whenReady());
      assertThat(model.state()).isEqualTo(ModelState.READY);
    }
  }

  /** A large model takes seconds to become warm: requests for others must not wait for that. */
  @Test
  void requests_whileItsLaneWarmsUp_comeBetweenTwoOfItsForwards() {
    openLanes(1);
    fake.turnstile().shut();
    try (LoadedModel model = load(TWO_SHAPES)) {
      for (int i = 0; i < 5; i++) {
        fake.turnstile().awaitWaiting(1);
        CompletableFuture<InferenceResult> early = model.submit(value(i));
        fake.turnstile().admit(2);
        assertThat(answer(early)).isEqualTo(i + 1);
        assertThat(model.state()).isEqualTo(ModelState.WARMING_UP);
      }
      fake.turnstile().open();
      await(model.whenReady());
    }
  }

  @Test
  void shape_fails_isToldAndRequestsAreServed() {
    openLanes(2);
    fake.faults().failForward(2, new InferenceException(ErrorCode.MODEL_FAILED, "scripted"));
    try (LoadedModel model = load(TWO_SHAPES)) {
      assertThatThrownBy(() -> await(model.whenReady())).hasMessageContaining("scripted");
      assertThat(model.state()).isEqualTo(ModelState.WARM_UP_FAILED);
      assertUsable(model);
    }
  }

  @Test
  void shape_thatTheModelRefuses_failsTheLoad() {
    openLanes(1);
    ModelSource wrong =
        FakeModels.source("plus").warmingUp(WarmUp.of(List.of(Map.of("q", new long[] {1}))));
    assertThatThrownBy(() -> executor.load(wrong)).hasMessageContaining("warm-up[0]: input 'q'");
    assertThat(fake.counts().open(Kind.MODELS)).isZero();
  }

  @Test
  void close_whileItWarmsUp_endsTheWarmUp() {
    openLanes(1);
    fake.turnstile().shut();
    LoadedModel model = load(TWO_SHAPES);
    fake.turnstile().awaitWaiting(1);
    CompletableFuture<Void> ready = model.whenReady();
    model.close();
    assertThat(model.state()).isEqualTo(ModelState.CLOSED);
    assertThatThrownBy(() -> await(ready)).hasMessageContaining("CLOSED");
    fake.turnstile().open();
    executor.close();
    assertThat(fake.counts().forwards()).isLessThan(6);
    assertThat(fake.counts().open(Kind.MODELS)).isZero();
    assertThat(fake.counts().open(Kind.SLOTS)).isZero();
  }

  @Test
  void apply_moreLanes_warmsThemToo() {
    openLanes(1);
    try (LoadedModel model = load(TWO_SHAPES)) {
      await(model.whenReady());
      strategy.apply(plan(3));
      assertUsable(model);
      awaitIdle();
      executor.close();
      assertThat(fake.counts().forwards()).isEqualTo(3 * 2 * 3 + 2);
    }
  }

  /** They have time: the others serve. */
  @Test
  void apply_moreLanesWhileRequestsCome_areWarmBeforeTheyServe() {
    Map<Thread, List<Long>> sizes = new ConcurrentHashMap<>();
    open(
        ThreadsContract.lanes(1, LaneSettings.AUTO),
        FakeBackend.builder()
            .model(
                "noting",
                inputs -> {
                  sizes
                      .computeIfAbsent(Thread.currentThread(), t -> new CopyOnWriteArrayList<>())
                      .add(inputs.get(0).shape()[0]);
                  return NamedTensors.of(inputs.get(0).share());
                }));
    WarmUp two = WarmUp.of(List.of(Map.of("x", new long[] {5}), Map.of("x", new long[] {8})));
    try (LoadedModel model = executor.load(FakeModels.source("noting").warmingUp(two))) {
      await(model.whenReady());
      strategy.apply(plan(3));
      long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (sizes.values().stream().filter(ran -> ran.contains(1L)).count() < 3) {
        assertThat(System.nanoTime()).as("not all lanes serve").isLessThan(end);
        List<CompletableFuture<InferenceResult>> some = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          some.add(model.submit(value(i)));
        }
        some.forEach(ThreadsFixture::answer);
      }
      assertThat(sizes.values())
          .allSatisfy(ran -> assertThat(ran).startsWith(5L, 5L, 5L, 8L, 8L, 8L, 1L));
    }
  }

  @Test
  void apply_fewerLanesWhileTheyWarmUp_isReadyAllTheSame() {
    openLanes(3);
    fake.turnstile().shut();
    try (LoadedModel model = load(TWO_SHAPES)) {
      fake.turnstile().awaitWaiting(3);
      strategy.apply(plan(1));
      fake.turnstile().open();
      await(model.whenReady());
      assertThat(model.state()).isEqualTo(ModelState.READY);
    }
  }
}
