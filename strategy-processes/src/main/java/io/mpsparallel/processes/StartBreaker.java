package io.mpsparallel.processes;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Opens after three starts in a row, of any place, that died before they were ready; then one start
 * at a time is tried. The one class here that knows the breaker's library. Any thread.
 */
final class StartBreaker {
  private static final int IN_A_ROW = 3;

  private final CircuitBreaker breaker;

  /** A closed breaker, which lets one start through each so often while it is open. */
  StartBreaker(Duration most) {
    breaker =
        CircuitBreaker.of(
            "worker-starts",
            CircuitBreakerConfig.custom()
                .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(IN_A_ROW)
                .minimumNumberOfCalls(IN_A_ROW)
                .failureRateThreshold(100)
                .waitDurationInOpenState(most)
                .permittedNumberOfCallsInHalfOpenState(1)
                .build());
  }

  /** Asks for a start, which is then told to one of the others. */
  boolean mayStart() {
    return breaker.tryAcquirePermission();
  }

  /** A start has failed. */
  void diedUnready() {
    breaker.onError(0, TimeUnit.NANOSECONDS, new TimeoutException("not ready"));
  }

  /** A start has succeeded. */
  void ready() {
    breaker.onSuccess(0, TimeUnit.NANOSECONDS);
  }

  /** A start was given up, which says nothing. */
  void givenUp() {
    breaker.releasePermission();
  }

  /** Whether starts are few now. */
  boolean isOpen() {
    return breaker.getState() != CircuitBreaker.State.CLOSED;
  }
}
