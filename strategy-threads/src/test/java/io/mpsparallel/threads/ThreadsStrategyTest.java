package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.ResultList;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.QueueSettings;
import io.mpsparallel.settings.QueueSettings.WhenFull;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.settings.ThreadSettings;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.tensor.TensorSpec;
import io.mpsparallel.testing.EncodeObserver;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeCounts.Kind;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is true of lanes alone; for the rest see {@link ThreadsContract}. */
class ThreadsStrategyTest extends ThreadsFixture {
  private static ExecutorSettings lanes(int count) {
    return ThreadsContract.lanes(count, LaneSettings.AUTO);
  }

  private static Plan plan(int lanes, int depth, int intraOp) {
    return new Plan(
        Plan.Route.DIRECT, Plan.Over.THREADS, lanes, depth, intraOp, 1, Duration.ZERO, "test");
  }

  @Test
  void submit_severalLanes_runsSoManyAtOnce() {
    open(lanes(3));
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = hold(model, 3);
      CompletableFuture<InferenceResult> fourth = model.submit(value(5));
      assertThat(executor.stats()).isEqualTo(new StrategyStats(3, 3, 1, 0, 0));
      fake.turnstile().open();
      held.forEach(future -> assertThat(answer(future)).isEqualTo(1));
      assertThat(answer(fourth)).isEqualTo(6);
      assertThat(fake.counts().highWater(Kind.FORWARDS)).isEqualTo(3);
      assertThat(executor.stats().served()).isEqualTo(4);
    }
  }

  @Test
  void callersAndRequests_moreThanLanes_runNoMoreAtOnceThanLanes() {
    open(lanes(2));
    try (LoadedModel model = executor.load(FakeModels.source("slow-2"))) {
      for (int round = 0; round < 20; round++) {
        List<FutureTask<Float>> callers =
            IntStream.range(0, 4).mapToObj(i -> caller(model, i)).toList();
        List<CompletableFuture<InferenceResult>> requests =
            IntStream.range(0, 4).mapToObj(i -> model.submit(value(i))).toList();
        for (int i = 0; i < 4; i++) {
          assertThat(await(callers.get(i))).isEqualTo(i);
          assertThat(answer(requests.get(i))).isEqualTo(i);
        }
      }
    }
    assertThat(fake.counts().highWater(Kind.FORWARDS)).isLessThanOrEqualTo(2);
  }

  @Test
  void infer_twoCallersAndTwoLanes_bothRunOnTheirOwnThreads() {
    open(lanes(2));
    try (LoadedModel model = load()) {
      awaitIdle();
      fake.turnstile().shut();
      FutureTask<Float> first = caller(model, 1);
      FutureTask<Float> second = caller(model, 2);
      fake.turnstile().awaitWaiting(2);
      fake.turnstile().open();
      assertThat(await(first) + await(second)).isEqualTo(5);
      assertThat(threads).hasSize(2).allMatch(thread -> thread.getName().equals("caller"));
    }
  }

  @Test
  void infer_lanesBusy_isServedByALane() {
    open(lanes(1));
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = hold(model, 1);
      FutureTask<Float> waiting = caller(model, 1);
      fake.turnstile().open();
      assertThat(answer(held.get(0))).isEqualTo(1);
      assertThat(await(waiting)).isEqualTo(2);
    }
  }

  @Test
  void infer_callerIsOnTheLane_lateRequestGoesToTheLanesThread() {
    open(lanes(1));
    try (LoadedModel model = load()) {
      awaitIdle();
      fake.turnstile().shut();
      FutureTask<Float> inside = caller(model, 1);
      fake.turnstile().awaitWaiting(1);
      CompletableFuture<InferenceResult> behind = model.submit(value(2));
      fake.turnstile().open();
      assertThat(await(inside)).isEqualTo(2);
      assertThat(answer(behind)).isEqualTo(3);
      assertThat(threads)
          .extracting(Thread::getName)
          .containsExactly("caller", "mps-parallel-lane-cpu-0");
    }
  }

  @Test
  void infer_inAContinuationOnTheLane_runsThere() {
    open(lanes(1));
    try (LoadedModel model = load()) {
      CompletableFuture<InferenceResult> chained =
          hold(model, 1)
              .get(0)
              .thenApply(
                  first -> {
                    try (first) {
                      return model.infer(first.tensor());
                    }
                  });
      fake.turnstile().open();
      assertThat(answer(chained)).isEqualTo(2);
      assertThat(threads).hasSize(2).containsOnly(threads.get(0));
    }
  }

  @Test
  void infer_inAContinuationOfADeepLane_runsAmongThoseInFlight() {
    open(ThreadsContract.lanes(1, 4), FakeBackend.builder().apple());
    try (LoadedModel model = load()) {
      fake.turnstile().shut();
      List<CompletableFuture<InferenceResult>> chained = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        chained.add(model.submit(value(i)).thenApply(first -> model.infer(first.tensor())));
      }
      fake.turnstile().open();
      for (int i = 0; i < 4; i++) {
        assertThat(answer(chained.get(i))).isEqualTo(i + 2);
      }
    }
  }

  @Test
  void depth_ofTheDevice_isKeptInFlightAndNotExceeded() {
    open(lanes(1), FakeBackend.builder().asynchronous());
    try (LoadedModel model = load()) {
      fake.turnstile().shut();
      List<CompletableFuture<InferenceResult>> all =
          IntStream.range(0, 20).mapToObj(i -> model.submit(value(i))).toList();
      fake.counts().awaitOpen(Kind.RUNS, 8);
      fake.turnstile().open();
      for (int i = 0; i < 20; i++) {
        assertThat(answer(all.get(i))).isEqualTo(i + 1);
      }
    }
    assertThat(fake.counts().highWater(Kind.RUNS)).isEqualTo(8);
  }

  @Test
  void lane_deviceWithManyStreams_hasEightAndSpreadsWhatIsInFlight() {
    Set<Integer> used = ConcurrentHashMap.newKeySet();
    open(
        lanes(1).withBackendSettings(manyStreams()),
        FakeBackend.builder()
            .asynchronous()
            .observer(
                new EncodeObserver() {
                  @Override
                  public void encodeBegins(Device device, int stream) {
                    used.add(stream);
                  }
                }));
    try (LoadedModel model = load()) {
      fake.turnstile().shut();
      List<CompletableFuture<InferenceResult>> all =
          IntStream.range(0, 20).mapToObj(i -> model.submit(value(i))).toList();
      fake.counts().awaitOpen(Kind.RUNS, 8);
      assertThat(used).hasSize(8);
      fake.turnstile().open();
      for (int i = 0; i < 20; i++) {
        assertThat(answer(all.get(i))).isEqualTo(i + 1);
      }
      assertThat(used).hasSize(8);
      assertThat(fake.counts().open(Kind.STREAMS)).isEqualTo(8);
    }
  }

  private static BackendSettings manyStreams() {
    return BackendSettings.DEFAULTS.withStreams(StreamSettings.DEFAULTS.withCapacity(255));
  }

  private static ExecutorSettings callerRuns(int lanes, int streams) {
    StreamSettings pool = StreamSettings.DEFAULTS.withCapacity(streams);
    return lanes(lanes)
        .withQueue(new QueueSettings(1, Duration.ofSeconds(30), WhenFull.CALLER_RUNS))
        .withBackendSettings(BackendSettings.DEFAULTS.withStreams(pool));
  }

  @Test
  void infer_queueFullAndCallersMayRun_runsBesideTheLanes() {
    open(callerRuns(1, 31));
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = hold(model, 1);
      CompletableFuture<InferenceResult> waiting = model.submit(value(1));
      FutureTask<Float> beside = caller(model, 2);
      fake.turnstile().awaitWaiting(2);
      assertThat(model.submit(value(9))).isCompletedExceptionally(); // never runs here
      fake.turnstile().open();
      assertThat(await(beside)).isEqualTo(3);
      assertThat(answer(held.get(0))).isEqualTo(1);
      assertThat(answer(waiting)).isEqualTo(2);
      assertThat(threads).extracting(Thread::getName).contains("caller");
    }
    assertThat(fake.counts().highWater(Kind.FORWARDS)).isEqualTo(2);
  }

  @Test
  void map_queueFullAndCallersMayRun_answersAll() {
    open(callerRuns(1, 31));
    List<Tensor> inputs = IntStream.range(0, 200).mapToObj(i -> value(i)).toList();
    try (LoadedModel model = load();
        ResultList results = model.map(inputs)) {
      for (int i = 0; i < 200; i++) {
        assertThat(results.get(i).tensor().toFloatArray()).containsExactly(i + 1);
      }
    }
    assertThat(inputs).allMatch(Tensor::isClosed);
  }

  @Test
  void infer_queueFullAndNoStreamLeft_waitsForRoom() {
    open(callerRuns(1, 1));
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = hold(model, 1);
      CompletableFuture<InferenceResult> waiting = model.submit(value(1));
      FutureTask<Float> caller = caller(model, 2);
      fake.turnstile().open();
      assertThat(await(caller)).isEqualTo(3);
      assertThat(answer(held.get(0))).isEqualTo(1);
      assertThat(answer(waiting)).isEqualTo(2);
    }
    assertThat(fake.counts().highWater(Kind.FORWARDS)).isEqualTo(1);
  }

  @Test
  void device_letsNobodyIn_requestsAreToldAndNoThreadDies() {
    open(lanes(1), FakeBackend.builder().apple());
    try (LoadedModel model = load()) {
      awaitIdle();
      for (int i = 0; i < 3; i++) {
        fake.faults().failEnter(new InferenceException(ErrorCode.DEVICE_FAILED, "scripted"));
        CompletableFuture<InferenceResult> refused = model.submit(value(1));
        assertThatThrownBy(() -> answer(refused)).hasMessageContaining("DEVICE_FAILED");
      }
      assertUsable(model);
      assertThat(executor.stats().replaced()).isZero();
    }
  }

  /** An input whose release kills the thread that answers. */
  private static Tensor deadly() {
    return Tensor.adopt(
        ByteBuffer.allocateDirect(4),
        TensorSpec.of(DType.FLOAT32, 1),
        () -> {
          throw new StackOverflowError("scripted");
        });
  }

  @Test
  void laneThread_dies_isReplacedAndCounted() {
    open(lanes(1));
    try (LoadedModel model = load()) {
      CompletableFuture<InferenceResult> deadly = model.submit(deadly());
      assertThatThrownBy(() -> answer(deadly))
          .isInstanceOfSatisfying(
              InferenceException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LANE_LOST));
      assertUsable(model);
      assertThat(executor.stats().replaced()).isEqualTo(1);
    }
  }

  @Test
  void laneThread_diesWithOthersInFlight_answersThemAll() {
    open(lanes(1), FakeBackend.builder().asynchronous());
    try (LoadedModel model = load()) {
      fake.turnstile().shut();
      CompletableFuture<InferenceResult> deadly = model.submit(deadly());
      List<CompletableFuture<InferenceResult>> others =
          IntStream.range(0, 12).mapToObj(i -> model.submit(value(i))).toList();
      fake.counts().awaitOpen(Kind.RUNS, 8);
      fake.turnstile().open();
      assertThatThrownBy(() -> answer(deadly)).hasMessageContaining("LANE_LOST");
      others.forEach(future -> assertThat(future).satisfies(ThreadsStrategyTest::isAnsweredOrLost));
      assertUsable(model);
    }
    assertThat(fake.counts().open(Kind.EVENTS)).isZero();
  }

  private static void isAnsweredOrLost(CompletableFuture<InferenceResult> future) {
    try {
      answer(future);
    } catch (InferenceException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.LANE_LOST);
    }
  }

  @Test
  void apply_moreAndFewerLanes_changesStreamsAndThreads() {
    open(lanes(2));
    try (LoadedModel model = load()) {
      assertThat(fake.counts().open(Kind.STREAMS)).isEqualTo(2);
      strategy.apply(plan(5, 1, 1));
      assertThat(fake.counts().open(Kind.STREAMS)).isEqualTo(5);
      hold(model, 5).forEach(future -> future.cancel(false));
      fake.turnstile().open();
      strategy.apply(plan(1, 1, 3));
      fake.counts().awaitClosed(Kind.STREAMS, 1);
      assertUsable(model);
      assertThat(executor.stats().lanes()).isEqualTo(1);
      assertThat(fake.threads()).isEqualTo(new ThreadSettings(3, 3));
    }
  }

  @Test
  void apply_moreLanesThanStreams_isRefusedAndChangesNothing() {
    StreamSettings three = StreamSettings.DEFAULTS.withCapacity(3);
    open(lanes(2).withBackendSettings(BackendSettings.DEFAULTS.withStreams(three)));
    try (LoadedModel model = load()) {
      assertThatThrownBy(() -> strategy.apply(plan(4, 1, 1)))
          .hasMessageContaining("lanes.count: 4 (expected: at most 3");
      try (var taken = fake.acquireStream(executor.device())) {
        assertThat(taken.index()).isPositive();
        assertThatThrownBy(() -> strategy.apply(plan(3, 1, 1)))
            .hasMessageContaining("STREAMS_EXHAUSTED");
      }
      assertThat(executor.stats().lanes()).isEqualTo(2);
      assertUsable(model);
      strategy.apply(plan(3, 1, 1));
      assertThat(fake.counts().open(Kind.STREAMS)).isEqualTo(3);
    }
  }

  @Test
  void start_explicitIntraOp_winsOverAutomaticLanes() {
    BackendSettings many = BackendSettings.DEFAULTS.withThreads(new ThreadSettings(1000, 0));
    open(lanes(LaneSettings.AUTO).withBackendSettings(many));
    assertThat(executor.stats().lanes()).isEqualTo(1);
    assertThat(fake.threads()).isEqualTo(new ThreadSettings(1000, 1000));
  }

  @Test
  void close_forwardThatNeverReturns_failsItsRequestAndReturns() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    ExecutorSettings hasty =
        lanes(2)
            .withBackendSettings(
                BackendSettings.DEFAULTS.withTimeouts(
                    Duration.ofSeconds(30), Duration.ofMillis(50)));
    open(hasty, FakeBackend.builder().model("stuck", in -> untilReleased(stuck, in)));
    CompletableFuture<InferenceResult> never;
    try (LoadedModel model = executor.load(FakeModels.source("stuck"))) {
      never = model.submit(value(1));
      fake.counts().awaitOpen(Kind.FORWARDS, 1);
      executor.close();
    }
    assertThatThrownBy(() -> answer(never)).hasMessageContaining("CLOSED");
    stuck.countDown();
    fake.counts().awaitClosed(Kind.STREAMS, 0); // the lane ends as soon as it can
  }

  private static NamedTensors untilReleased(CountDownLatch latch, NamedTensors inputs) {
    boolean released = false;
    while (!released) {
      try {
        latch.await();
        released = true;
      } catch (InterruptedException e) {
        released = latch.getCount() == 0; // as deaf as native code
      }
    }
    return NamedTensors.of(inputs.get(0).share());
  }
}
