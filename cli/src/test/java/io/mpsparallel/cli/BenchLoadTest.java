package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Served;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Loads of an open loop, on models that answer when they are told to. */
@Timeout(60)
final class BenchLoadTest {
  private static final Duration TIME = Duration.ofMillis(500);

  /** A model of which only {@code submit} is there. */
  private static LoadedModel model(
      Function<InferenceRequest, CompletableFuture<InferenceResult>> submit) {
    return (LoadedModel)
        Proxy.newProxyInstance(
            LoadedModel.class.getClassLoader(),
            new Class<?>[] {LoadedModel.class},
            (proxy, method, args) -> submit.apply((InferenceRequest) args[0]));
  }

  /** Answers one request after the other, each of which takes so long. */
  private static LoadedModel serial(Duration each) {
    long[] free = {System.nanoTime()};
    return model(
        request -> {
          long now = System.nanoTime();
          free[0] = Math.max(now, free[0]) + each.toNanos();
          return CompletableFuture.supplyAsync(
              () -> new InferenceResult(request.inputs(), new Served("serial", Device.CPU, 1)),
              CompletableFuture.delayedExecutor(free[0] - now, TimeUnit.NANOSECONDS));
        });
  }

  private static BenchLoad.Outcome open(LoadedModel model, double perSecond) {
    try (NamedTensors inputs = NamedTensors.of(Tensor.of(new float[] {1}, 1, 1))) {
      return new BenchLoad(model, inputs).open(perSecond, TIME);
    }
  }

  @Test
  void open_modelThatKeepsUp_isAskedExactlyAtTheRate() {
    BenchLoad.Outcome outcome = open(serial(Duration.ofNanos(1)), 200);
    assertThat(outcome.latencies().getTotalCount()).isEqualTo(100);
    assertThat(outcome.perSecond()).isCloseTo(200, within(10.0));
    assertThat(outcome.behind()).isLessThan(0.05);
    assertThat(outcome.lateNanos()).isNotNegative();
  }

  @Test
  void open_modelThatFallsBehind_rateIsWithoutTheWait_andThatIsTold() {
    BenchLoad.Outcome outcome = open(serial(Duration.ofMillis(10)), 200);
    assertThat(outcome.perSecond()).as("not half of it").isCloseTo(200, within(10.0));
    assertThat(outcome.elapsed()).isBetween(TIME, TIME.plusMillis(100));
    assertThat(outcome.behind()).isBetween(0.3, 0.7);
    assertThat(outcome.latencies().getMaxValue()).isGreaterThan(300_000_000);
  }

  @Test
  void open_slowModelThatKeepsUp_isNotBehind() {
    LoadedModel slow =
        model(
            request ->
                CompletableFuture.supplyAsync(
                    () -> new InferenceResult(request.inputs(), new Served("slow", Device.CPU, 1)),
                    CompletableFuture.delayedExecutor(150, TimeUnit.MILLISECONDS)));
    assertThat(open(slow, 200).behind()).isLessThan(0.05);
  }

  @Test
  void open_requestsThatAreShed_areRejected_notFailed() {
    LoadedModel full =
        model(
            request -> {
              request.inputs().close();
              return CompletableFuture.failedFuture(
                  new InferenceException(ErrorCode.OVERLOADED, "full"));
            });
    BenchLoad.Outcome outcome = open(full, 100);
    assertThat(outcome.rejected()).isEqualTo(50);
    assertThat(outcome.errors()).isZero();
    assertThat(outcome.behind()).isZero();
  }

  @Test
  void arrivals_areSoManyInTheTime_oneAfterTheOther() {
    Arrivals arrivals = new Arrivals(7, 1000, TIME);
    long last = 0;
    for (int i = 0; i < 1000; i++) {
      long next = arrivals.nextNanos();
      assertThat(next).isBetween(last, TIME.toNanos());
      last = next;
    }
    assertThat(last).isGreaterThan(TIME.toNanos() * 98 / 100);
  }

  @Test
  void watch_countsWhoWaits_andWhichLanesWork() throws InterruptedException {
    CountDownLatch looked = new CountDownLatch(3);
    LaneWatch watch =
        new LaneWatch(
            () -> {
              looked.countDown();
              return new StrategyStats(4, 1, 3, 0, 0);
            });
    try (watch) {
      looked.await();
    }
    assertThat(watch.nanos()).isPositive();
    assertThat(watch.waitingNanos()).isCloseTo(3 * watch.nanos(), within(1.0));
    assertThat(watch.busyNanos()).isCloseTo(watch.nanos() / 4, within(1.0));
  }
}
