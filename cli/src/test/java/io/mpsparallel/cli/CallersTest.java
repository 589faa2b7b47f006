package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.Ticker;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class CallersTest {
  private static final Duration NO_LIMIT = Duration.ofDays(1);

  @Test
  void requests_sharedByCallers_areEachDoneOnce() {
    Set<Long> seen = ConcurrentHashMap.newKeySet();
    AtomicLong calls = new AtomicLong();
    Callers callers =
        new Callers(
            4,
            1000,
            NO_LIMIT,
            Ticker.SYSTEM,
            (caller, request) -> {
              seen.add(request);
              calls.incrementAndGet();
            });

    Callers.Measured measured = callers.run(Callers.Progress.NONE);

    assertThat(calls).hasValue(1000);
    assertThat(seen).hasSize(1000).contains(0L, 999L);
    assertThat(measured.requests()).isEqualTo(1000);
    assertThat(measured.latencies().getTotalCount()).isEqualTo(1000);
  }

  @Test
  void callers_reallyCallAtOnce() {
    CyclicBarrier together = new CyclicBarrier(3);
    Callers callers =
        new Callers(
            3,
            3,
            NO_LIMIT,
            Ticker.SYSTEM,
            (caller, request) -> {
              try {
                together.await(); // only passes when all three are in a call
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });

    assertThat(callers.run(Callers.Progress.NONE).requests()).isEqualTo(3);
  }

  @Test
  void limit_reached_stopsAfterTheCallUnderWay() {
    AtomicLong now = new AtomicLong();
    Callers callers =
        new Callers(
            1,
            Long.MAX_VALUE,
            Duration.ofSeconds(10),
            now::get,
            (caller, request) -> now.addAndGet(Duration.ofSeconds(3).toNanos()));

    Callers.Measured measured = callers.run(Callers.Progress.NONE);

    assertThat(measured.requests()).isEqualTo(4);
    assertThat(measured.elapsed()).isEqualTo(Duration.ofSeconds(12));
    assertThat(measured.perSecond()).isEqualTo(4 / 12.0);
    assertThat(measured.percentile(50)).isBetween(Duration.ofMillis(2990), Duration.ofMillis(3010));
  }

  @Test
  void failure_ofOneCall_stopsAllAndIsThrown() {
    AtomicLong after = new AtomicLong();
    Callers callers =
        new Callers(
            2,
            Long.MAX_VALUE,
            NO_LIMIT,
            Ticker.SYSTEM,
            (caller, request) -> {
              if (request == 5) {
                throw new InferenceException(ErrorCode.MODEL_FAILED, "on purpose");
              }
              after.incrementAndGet();
            });

    assertThatThrownBy(() -> callers.run(Callers.Progress.NONE))
        .isInstanceOf(InferenceException.class)
        .hasMessage("MODEL_FAILED: on purpose");
    assertThat(after).hasValueGreaterThanOrEqualTo(5);
  }

  @Test
  void error_ofOneCall_isThrownAsAFailure() {
    Callers callers =
        new Callers(
            1,
            1,
            NO_LIMIT,
            Ticker.SYSTEM,
            (caller, request) -> {
              throw new UnsatisfiedLinkError("no such library");
            });

    assertThatThrownBy(() -> callers.run(Callers.Progress.NONE))
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining("no such library");
  }

  @Test
  void interrupt_whileMeasuring_stopsTheCallers() {
    Thread measuring = Thread.currentThread();
    Callers callers =
        new Callers(
            1, Long.MAX_VALUE, NO_LIMIT, Ticker.SYSTEM, (caller, request) -> measuring.interrupt());

    assertThatThrownBy(() -> callers.run(Callers.Progress.NONE))
        .isInstanceOfSatisfying(
            InferenceException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
    assertThat(Thread.interrupted()).isTrue();
  }
}
