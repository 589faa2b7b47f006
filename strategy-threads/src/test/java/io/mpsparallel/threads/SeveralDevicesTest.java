package io.mpsparallel.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.ExecutorSnapshot.OfDevice;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.settings.LaneSettings;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.settings.ResilienceSettings.Breaker;
import io.mpsparallel.settings.ResilienceSettings.Fallback;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import io.mpsparallel.testing.FakeBackendBuilder;
import io.mpsparallel.testing.FakeCounts.Kind;
import io.mpsparallel.testing.FakeModels;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lanes that are spread over two devices, of which one may fail. */
@Timeout(120)
class SeveralDevicesTest extends ThreadsFixture {
  private static final Device FIRST = Device.cuda(0);
  private static final Device SECOND = Device.cuda(1);
  private static final int DEPTH = 8;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static FakeBackendBuilder gpus() {
    return FakeBackend.builder().asynchronous().devices(FIRST, SECOND, Device.CPU);
  }

  /** Devices whose forwards run on the thread that asks for them. */
  private static FakeBackendBuilder hosts() {
    return FakeBackend.builder().devices(FIRST, SECOND);
  }

  private static ExecutorSettings lanes(int each) {
    return ThreadsContract.lanes(each, LaneSettings.AUTO).withDevice("cuda:0..1");
  }

  private static Plan plan(int each) {
    return new Plan(Plan.Route.DIRECT, Plan.Over.THREADS, each, 1, 1, 1, Duration.ZERO, "test");
  }

  /** Waits until lanes have ended that were to. */
  private void assertStreams(int first, int second) {
    List<Integer> expected = List.of(first, second);
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!streams().equals(expected) && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(streams()).isEqualTo(expected);
  }

  private List<Integer> streams() {
    return List.of(fake.streamsInUse(FIRST), fake.streamsInUse(SECOND));
  }

  private void assertNothingIsLeft() {
    executor.close();
    fake.close();
    fake.counts().assertNothingOpen();
  }

  @Test
  void open_lanesOfEach_areOnEach() {
    open(lanes(3), gpus());
    assertStreams(3, 3);
    assertThat(executor.stats().lanes()).isEqualTo(6);
    assertThat(executor.devices()).containsExactly(FIRST, SECOND);
    assertThat(executor.device()).isEqualTo(FIRST);
  }

  /** What is left to the library is one device, as before. */
  @Test
  void open_noDeviceNamed_isOnTheFirst() {
    open(ThreadsContract.lanes(2, LaneSettings.AUTO), gpus());
    assertStreams(2, 0);
  }

  @Test
  void requests_asManyAsLanes_areServedByBoth() {
    open(lanes(2), hosts());
    try (LoadedModel model = load()) {
      List<CompletableFuture<InferenceResult>> held = hold(model, 4);
      fake.turnstile().open();
      assertThat(held.stream().map(SeveralDevicesTest::servedBy))
          .containsExactlyInAnyOrder(FIRST, FIRST, SECOND, SECOND);
    }
    assertNothingIsLeft();
  }

  private static Device servedBy(CompletableFuture<InferenceResult> future) {
    try (InferenceResult result = await(future)) {
      assertThat(result.tensor().toFloatArray()).containsExactly(1);
      return result.served().device();
    }
  }

  /** The first caller's thread has a lane of one device, the second's one of the other. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void infer_twoCallers_areServedByBoth(boolean asynchronous) {
    open(lanes(2), asynchronous ? gpus() : hosts());
    try (LoadedModel model = load()) {
      awaitIdle();
      fake.turnstile().shut();
      FutureTask<Device> first = servedCaller(model);
      fake.turnstile().awaitWaiting(1);
      FutureTask<Device> second = servedCaller(model);
      fake.turnstile().awaitWaiting(2);
      fake.turnstile().open();
      assertThat(List.of(await(first), await(second))).containsExactlyInAnyOrder(FIRST, SECOND);
    }
  }

  private static FutureTask<Device> servedCaller(LoadedModel model) {
    FutureTask<Device> call =
        new FutureTask<>(
            () -> {
              try (Tensor x = value(0);
                  InferenceResult result = model.infer(x)) {
                return result.served().device();
              }
            });
    Thread thread = new Thread(call, "caller");
    thread.setDaemon(true);
    thread.start();
    return call;
  }

  /** A lane that ends late keeps its number, so numbers alone would not keep devices balanced. */
  @Test
  void apply_whileSomeLanesEndLate_staysBalanced() {
    open(lanes(2), hosts());
    try (LoadedModel model = load()) {
      for (int round = 0; round < 20; round++) {
        List<CompletableFuture<InferenceResult>> held = hold(model, 4);
        strategy.apply(plan(1));
        fake.turnstile().admit(2);
        strategy.apply(plan(2));
        fake.turnstile().open();
        held.forEach(future -> assertThat(answer(future)).isEqualTo(1));
        assertStreams(2, 2);
      }
      strategy.apply(plan(5));
      assertStreams(5, 5);
      strategy.apply(plan(1));
      assertStreams(1, 1);
      assertUsable(model);
    }
  }

  @Test
  void load_warmUpDeclared_runsOnEveryLaneOfBoth() {
    open(lanes(2), gpus());
    WarmUp one = WarmUp.of(List.of(Map.of("x", new long[] {1})));
    try (LoadedModel model = executor.load(FakeModels.source("plus").warmingUp(one))) {
      await(model.whenReady());
      Capabilities facts = fake.capabilities(fake.devices().get(0));
      assertThat(fake.counts().forwards() - 4 * facts.depth())
          .isBetween(2 * (facts.warmUpRuns() + facts.furtherWarmUpRuns()), 4 * facts.warmUpRuns());
    }
    assertNothingIsLeft();
  }

  @Test
  void swap_loadsOnBothAndFreesBoth() {
    open(lanes(2), gpus());
    try (LoadedModel model = load()) {
      assertUsable(model);
      model.swap(FakeModels.source("square"));
      fake.counts().awaitClosed(Kind.MODELS, 2);
      assertThat(fake.counts().total(Kind.MODELS)).isEqualTo(4);
      assertThat(answer(model.submit(value(3)))).isEqualTo(9);
    }
    assertThat(fake.counts().open(Kind.MODELS)).isZero();
    assertNothingIsLeft();
  }

  // ---- a device fails ----

  /** What became of requests, some of which fail. */
  private record Seen(List<ErrorCode> failures, int fallbacks) {}

  /** Keeps 64 requests in flight, and breaks a device after a third of them. */
  private Seen breakAmid(LoadedModel model, int requests) {
    Deque<CompletableFuture<InferenceResult>> inFlight = new ArrayDeque<>();
    List<ErrorCode> failures = new ArrayList<>();
    int[] fallbacks = new int[1];
    for (int i = 0; i < requests; i++) {
      if (i == requests / 3) {
        fake.faults().breakDevice(SECOND);
      }
      if (inFlight.size() == 64) {
        settle(inFlight.remove(), failures, fallbacks);
      }
      inFlight.add(model.submit(value(5)));
    }
    inFlight.forEach(future -> settle(future, failures, fallbacks));
    return new Seen(failures, fallbacks[0]);
  }

  private static void settle(
      CompletableFuture<InferenceResult> future, List<ErrorCode> failures, int[] fallbacks) {
    try (InferenceResult result = await(future)) {
      assertThat(result.tensor().toFloatArray()).containsExactly(6);
      fallbacks[0] += result.served().fallback() ? 1 : 0;
    } catch (InferenceException e) {
      failures.add(e.code());
    }
  }

  private void assertSecondIsLost(int lanesLeft) {
    assertThat(executor.stats().lanes()).isEqualTo(lanesLeft);
    assertThat(strategy.failedDevices()).containsExactly(SECOND);
    assertThat(executor.snapshot().places().get(0).devices())
        .extracting(OfDevice::device, OfDevice::failed)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("cuda:0", false),
            org.assertj.core.groups.Tuple.tuple("cuda:1", true));
    assertThat(executor.snapshot().places().get(0).open()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void device_breaksAmidTraffic_onlyWhatWasOnItFails(boolean asynchronous) {
    Breaker nervous = new Breaker(1, 1, Duration.ofHours(1), 1); // opens at the first failure
    open(
        lanes(2).withResilience(ResilienceSettings.DEFAULTS.withBreaker(nervous)),
        asynchronous ? gpus() : hosts());
    try (LoadedModel model = load()) {
      Seen seen = breakAmid(model, 3_000);
      assertThat(seen.failures())
          .containsOnly(ErrorCode.DEVICE_FAILED)
          .hasSizeBetween(1, 2 * (asynchronous ? DEPTH + 1 : 1));
      assertSecondIsLost(2);
      assertStreams(2, 0);
      assertUsable(model);
    }
    assertNothingIsLeft();
  }

  @Test
  void device_breaksAmidTraffic_whatWasOnItIsServedByTheFallback() {
    ResilienceSettings fallback =
        ResilienceSettings.DEFAULTS.withFallback(Fallback.parse("threads@cpu"));
    open(lanes(2).withResilience(fallback), gpus());
    try (LoadedModel model = load()) {
      Seen seen = breakAmid(model, 3_000);
      assertThat(seen.failures()).isEmpty();
      assertThat(seen.fallbacks()).isBetween(1, 2 * (DEPTH + 1));
      assertThat(executor.snapshot().places().get(0).open()).isFalse();
    }
    assertNothingIsLeft();
  }

  /** What the model's code has not begun on it goes to another lane. */
  @Test
  void device_isBrokenBeforeItsFirstRequest_noneFails() {
    open(lanes(2), gpus());
    try (LoadedModel model = load()) {
      awaitIdle();
      fake.faults().breakDevice(SECOND);
      List<FutureTask<Float>> callers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        callers.add(caller(model, i));
      }
      for (int i = 0; i < 8; i++) {
        assertThat(await(callers.get(i))).isEqualTo(i + 1);
      }
      Seen seen = breakAmid(model, 1_000);
      assertThat(seen.failures()).isEmpty();
      assertSecondIsLost(2);
    }
    assertNothingIsLeft();
  }

  @Test
  void device_isBrokenBeforeTheFirstSubmit_noneFails() {
    open(lanes(2), hosts());
    try (LoadedModel model = load()) {
      fake.faults().breakDevice(SECOND);
      Seen seen = breakAmid(model, 1_000);
      assertThat(seen.failures()).isEmpty();
      assertSecondIsLost(2);
    }
    assertNothingIsLeft();
  }

  @Test
  void allDevices_break_requestsAreToldAndTheCircuitOpens() {
    open(lanes(2), gpus());
    try (LoadedModel model = load()) {
      fake.faults().breakDevice(FIRST);
      fake.faults().breakDevice(SECOND);
      List<ErrorCode> failures = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        settle(model.submit(value(5)), failures, new int[1]);
      }
      assertThat(failures)
          .hasSize(100)
          .containsOnly(ErrorCode.DEVICE_FAILED, ErrorCode.CIRCUIT_OPEN)
          .contains(ErrorCode.DEVICE_FAILED, ErrorCode.CIRCUIT_OPEN);
      assertThat(strategy.failedDevices()).containsExactlyInAnyOrder(FIRST, SECOND);
      assertThat(executor.snapshot().places().get(0).open()).isTrue();
      assertThat(executor.stats().lanes()).isEqualTo(2); // those of the last to fail
    }
  }

  @Test
  void load_afterALoss_goesOnWithoutThatDevice() {
    open(lanes(2), gpus());
    try (LoadedModel model = load()) {
      fake.faults().breakDevice(SECOND);
      breakAmid(model, 300);
      int before = fake.counts().total(Kind.MODELS);
      try (LoadedModel another = executor.load(FakeModels.source("square"))) {
        assertThat(fake.counts().total(Kind.MODELS)).isEqualTo(before + 1);
        assertThat(answer(another.submit(value(3)))).isEqualTo(9);
        strategy.apply(plan(3));
        assertThat(executor.stats().lanes()).isEqualTo(3);
        assertThat(fake.streamsInUse(FIRST)).isEqualTo(3);
        executor.reconfigure(lanes(1));
        assertThat(executor.devices()).containsExactly(FIRST);
        assertThat(answer(another.submit(value(4)))).isEqualTo(16);
        assertUsable(model);
      }
    }
    assertNothingIsLeft();
  }

  @Test
  void oneDevice_breaks_isAsBefore() {
    open(lanes(2).withDevice("cuda:1"), gpus());
    try (LoadedModel model = load()) {
      fake.faults().breakDevice(SECOND);
      CompletableFuture<InferenceResult> told = model.submit(value(1));
      assertThatThrownBy(() -> answer(told)).hasMessageContaining("DEVICE_FAILED");
      assertThat(strategy.failedDevices()).isEmpty();
      assertThat(executor.stats().lanes()).isEqualTo(2);
    }
  }
}
