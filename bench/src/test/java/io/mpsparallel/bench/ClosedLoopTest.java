package io.mpsparallel.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ClosedLoopTest extends LoadFixture {
  private final Set<Long> seen = ConcurrentHashMap.newKeySet();

  private Job job(String model) {
    return Job.of(model(model), request -> input, (request, result) -> seen.add(request));
  }

  @Test
  void blocked_soManyRequests_areEachMadeOnce() {
    Measured measured =
        BlockedLoop.run(job("identity")::infer, 4, Limit.requests(1000), Ticker.SYSTEM);

    assertThat(measured.answers()).isEqualTo(1000);
    assertThat(measured.latencies().getTotalCount()).isEqualTo(1000);
    assertThat(seen).hasSize(1000).contains(0L, 999L);
  }

  @Test
  void blocked_callers_reallyCallAtOnce() {
    CyclicBarrier together = new CyclicBarrier(3);

    Measured measured =
        BlockedLoop.run(request -> meet(together), 3, Limit.requests(3), Ticker.SYSTEM);

    assertThat(measured.answers()).isEqualTo(3);
  }

  private static void meet(CyclicBarrier together) {
    try {
      together.await(); // only passes when all three are in a call
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void blocked_timeIsUp_endsAfterTheCallUnderWay() {
    Limit limit = Limit.time(Duration.ofSeconds(10));

    Measured measured =
        BlockedLoop.run(request -> ticker.advance(Duration.ofSeconds(3)), 1, limit, ticker);

    assertThat(measured.answers()).isEqualTo(4);
    assertThat(measured.elapsed()).isEqualTo(Duration.ofSeconds(12));
    assertThat(measured.perSecond()).isEqualTo(4 / 12.0);
  }

  @Test
  void blocked_failure_endsAllAndIsThrown() {
    fake.faults().failForward(5, new InferenceException(ErrorCode.MODEL_FAILED, "on purpose"));
    Job job = job("identity");

    assertThatThrownBy(() -> BlockedLoop.run(job::infer, 2, Limit.requests(100_000), Ticker.SYSTEM))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("MODEL_FAILED: on purpose");
    assertThat(seen).hasSizeLessThan(100);
  }

  @Test
  void blocked_eachCaller_hasSomethingOfItsOwn() {
    Set<String> pairs = ConcurrentHashMap.newKeySet();
    CyclicBarrier together = new CyclicBarrier(3);

    BlockedLoop.runEach(
        caller ->
            request -> {
              meet(together);
              pairs.add(caller + " on " + Thread.currentThread().getName());
            },
        3,
        Limit.requests(6),
        Ticker.SYSTEM);

    assertThat(pairs)
        .containsExactlyInAnyOrder(
            "0 on bench-caller-0", "1 on bench-caller-1", "2 on bench-caller-2");
  }

  @Test
  void clients_soManyRequests_areEachAnsweredOnce() {
    Measured measured = ClientLoop.run(job("square"), 2, 4, Limit.requests(2000), Ticker.SYSTEM);

    assertThat(measured.answers()).isEqualTo(2000);
    assertThat(measured.latencies().getTotalCount()).isEqualTo(2000);
    assertThat(seen).hasSize(2000).contains(0L, 1999L);
  }

  @Test
  void clients_withoutAnswers_fillTheirWindowsAndWait() {
    AtomicInteger inFlight = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Job job =
        Job.of(
            model("identity"),
            request -> {
              most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
              return input;
            },
            (request, result) -> inFlight.decrementAndGet());
    fake.turnstile().shut();
    Thread load =
        new Thread(() -> ClientLoop.run(job, 2, 3, Limit.requests(500), Ticker.SYSTEM), "load");
    load.start();
    while (inFlight.get() < 6) {
      Thread.onSpinWait();
    }
    fake.turnstile().open();
    join(load);

    assertThat(most).hasValue(6);
    assertThat(inFlight).hasValue(0);
  }

  @Test
  void clients_failure_endsAllAndIsThrown() {
    fake.faults().failForward(7, new InferenceException(ErrorCode.MODEL_FAILED, "on purpose"));
    Job job = job("identity");

    assertThatThrownBy(() -> ClientLoop.run(job, 2, 4, Limit.requests(100_000), Ticker.SYSTEM))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("MODEL_FAILED: on purpose");
    assertThat(seen).hasSizeLessThan(100);
  }

  @Test
  void async_soManyRequests_areEachAnsweredOnce() {
    Measured measured = AsyncLoop.run(job("square"), 8, Limit.requests(2000), Ticker.SYSTEM);

    assertThat(measured.answers()).isEqualTo(2000);
    assertThat(measured.latencies().getTotalCount()).isEqualTo(2000);
    assertThat(seen).hasSize(2000).contains(0L, 1999L);
  }

  @Test
  void async_atAnyTime_hasSoManyInFlightAndNoMore() {
    AtomicInteger inFlight = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Job job =
        Job.of(
            model("identity"),
            request -> {
              most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
              return input;
            },
            (request, result) -> inFlight.decrementAndGet());
    fake.turnstile().shut();
    Thread load =
        new Thread(() -> AsyncLoop.run(job, 5, Limit.requests(500), Ticker.SYSTEM), "load");
    load.start();
    while (inFlight.get() < 5) {
      Thread.onSpinWait(); // they are submitted though none is answered
    }
    fake.turnstile().open();
    join(load);

    assertThat(most).hasValue(5);
    assertThat(inFlight).hasValue(0);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void async_answersThereAtOnce_doNotGrowTheStack() {
    Job job = Job.of(new InstantModel(), request -> input, (request, result) -> seen.add(request));

    Measured measured = AsyncLoop.run(job, 3, Limit.requests(200_000), Ticker.SYSTEM);

    assertThat(measured.answers()).isEqualTo(200_000);
    assertThat(seen).hasSize(200_000);
  }

  @Test
  void async_failure_endsAllAndIsThrown() {
    fake.faults().failForward(7, new InferenceException(ErrorCode.MODEL_FAILED, "on purpose"));
    Job job = job("identity");

    assertThatThrownBy(() -> AsyncLoop.run(job, 4, Limit.requests(100_000), Ticker.SYSTEM))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("MODEL_FAILED: on purpose");
    assertThat(seen).hasSizeLessThan(100);
  }

  @Test
  void async_wrongAnswer_endsAllAndIsThrown() {
    Job job =
        Job.of(
            model("identity"),
            request -> input,
            (request, result) -> {
              throw new IllegalStateException("wrong");
            });

    assertThatThrownBy(() -> AsyncLoop.run(job, 4, Limit.requests(100), Ticker.SYSTEM))
        .hasMessageContaining("wrong");
  }
}
