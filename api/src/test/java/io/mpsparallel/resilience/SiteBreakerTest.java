package io.mpsparallel.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ResilienceSettings.Breaker;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

final class SiteBreakerTest {
  private static final InferenceException HUNG =
      new InferenceException(ErrorCode.DEVICE_TIMEOUT, "the device hangs");

  private final Wound clock = new Wound();
  private final SiteBreaker breaker =
      new SiteBreaker("threads on cpu", new Breaker(4, 50, Duration.ofSeconds(5), 2), clock);

  /** A clock that stands until it is moved. */
  private static final class Wound extends Clock {
    private Instant now = Instant.EPOCH;

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      assertThat(breaker.permits()).isTrue();
      breaker.failed(HUNG);
    }
  }

  private void succeed(int times) {
    for (int i = 0; i < times; i++) {
      assertThat(breaker.permits()).isTrue();
      breaker.succeeded();
    }
  }

  @Test
  void failures_fewerThanTheWindow_stayPermitted() {
    fail(3);
    assertThat(breaker.permits()).isTrue();
    assertThat(breaker.isOpen()).isFalse();
  }

  @Test
  void failures_halfOfTheWindow_open() {
    fail(1);
    succeed(2);
    fail(1);
    assertThat(breaker.permits()).isFalse();
    assertThat(breaker.isOpen()).isTrue();
    assertThat(breaker.refusal())
        .hasMessageContaining("CIRCUIT_OPEN: threads on cpu: 2 of the last 4 requests")
        .hasMessageContaining("DEVICE_TIMEOUT: the device hangs")
        .hasCause(HUNG);
  }

  @Test
  void successes_beforeTheFirstFailure_areNotInTheWindow() {
    succeed(100);
    fail(4);
    assertThat(breaker.permits()).isFalse();
  }

  @Test
  void successes_afterAFailure_pushItOutOfTheWindow() {
    fail(1);
    succeed(4); // the failure is out
    fail(1);
    assertThat(breaker.permits()).as("1 of 4").isTrue();
    breaker.failed(HUNG);
    assertThat(breaker.permits()).as("2 of 4").isFalse();
  }

  @Test
  void open_afterThePause_letsSoManyTry() {
    fail(4);
    clock.now = clock.now.plusSeconds(6);
    assertThat(breaker.permits()).isTrue();
    assertThat(breaker.permits()).isTrue();
    assertThat(breaker.permits()).isFalse();
    breaker.succeeded();
    breaker.succeeded();
    assertThat(breaker.isOpen()).isFalse();
    succeed(10);
  }

  @Test
  void probes_thatFail_openAgain() {
    fail(4);
    clock.now = clock.now.plusSeconds(6);
    fail(2);
    assertThat(breaker.permits()).isFalse();
  }

  @Test
  void probe_thatSaysNothing_isGivenBack() {
    fail(4);
    clock.now = clock.now.plusSeconds(6);
    for (int i = 0; i < 10; i++) {
      assertThat(breaker.permits()).isTrue();
      breaker.ended();
    }
    assertThat(breaker.isOpen()).isTrue();
  }

  @Test
  void outOfMemory_mayBeTheRequestsSize_doesNotOpen() {
    for (int i = 0; i < 100; i++) {
      assertThat(breaker.permits()).isTrue();
      breaker.failed(new InferenceException(ErrorCode.OUT_OF_MEMORY, "2^60 floats"));
    }
    assertThat(breaker.isOpen()).isFalse();
  }

  @Test
  void blames_theRequestsOwnFaults_no() {
    assertThat(SiteBreaker.blames(HUNG)).isTrue();
    assertThat(SiteBreaker.blames(new InferenceException(ErrorCode.WORKER_LOST, "gone"))).isTrue();
    for (ErrorCode code :
        new ErrorCode[] {
          ErrorCode.OVERLOADED,
          ErrorCode.CANCELLED,
          ErrorCode.DEADLINE_EXCEEDED,
          ErrorCode.INVALID_INPUT,
          ErrorCode.MODEL_FAILED,
          ErrorCode.CLOSED
        }) {
      assertThat(SiteBreaker.blames(new InferenceException(code, "x"))).as("%s", code).isFalse();
    }
  }
}
