package io.mpsparallel.resilience;

import static java.util.Objects.requireNonNull;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ResilienceSettings;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a place where requests run is to be left alone for a while, because too many of the last
 * requests failed through its fault. Whoever is {@linkplain #permits permitted} a request tells it
 * how that ended: exactly one of {@link #succeeded}, {@link #failed} and {@link #ended}. Any
 * thread.
 *
 * <p>While nothing has failed, a request costs two reads of a volatile field: the requests that are
 * looked at begin with the first failure.
 */
public final class SiteBreaker {
  private static final Logger LOG = LoggerFactory.getLogger(SiteBreaker.class);

  private final String name;
  private final CircuitBreaker breaker;
  private volatile boolean watching;
  private volatile @Nullable InferenceException lastFailure;

  /**
   * A breaker that permits.
   *
   * @param name what it watches, for messages
   * @param settings when that is left alone
   */
  public SiteBreaker(String name, ResilienceSettings.Breaker settings) {
    this(name, settings, Clock.systemUTC());
  }

  SiteBreaker(String name, ResilienceSettings.Breaker settings, Clock clock) {
    this.name = requireNonNull(name, "name");
    CircuitBreakerConfig config =
        CircuitBreakerConfig.custom()
            .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
            .slidingWindowSize(settings.window())
            .minimumNumberOfCalls(settings.window())
            .failureRateThreshold(settings.failurePercent())
            .waitDurationInOpenState(settings.pause())
            .permittedNumberOfCallsInHalfOpenState(settings.probes())
            .clock(clock)
            .build();
    breaker = CircuitBreaker.of(name, config);
    breaker
        .getEventPublisher()
        .onStateTransition(
            event ->
                LOG.warn(
                    "{}: {} (last failure: {})", name, event.getStateTransition(), lastFailure()));
  }

  /**
   * Whether a failure is the fault of the place: of its lane, its device, its process, or of its
   * start.
   *
   * @param failure why a request failed
   * @return false if the request itself, or how many there are, is to blame
   */
  public static boolean blames(InferenceException failure) {
    return failure.code().scope() != ErrorCode.Scope.REQUEST;
  }

  /** {@return whether a request may run there; if so, its end is to be told} */
  public boolean permits() {
    return !watching || breaker.tryAcquirePermission();
  }

  /** A request has its answer. */
  public void succeeded() {
    if (watching) {
      breaker.onSuccess(0, TimeUnit.NANOSECONDS);
      if (breaker.getState() == CircuitBreaker.State.CLOSED
          && breaker.getMetrics().getNumberOfFailedCalls() == 0) {
        watching = false;
      }
    }
  }

  /**
   * A request failed through the fault of the place. One that found no memory does not count: it
   * may be too large by itself, and others must not suffer for that.
   *
   * @param failure why
   */
  public void failed(InferenceException failure) {
    if (failure.code() == ErrorCode.OUT_OF_MEMORY) {
      ended();
      return;
    }
    lastFailure = failure;
    watching = true;
    breaker.onError(0, TimeUnit.NANOSECONDS, failure);
    watching = true; // a success may have ended it meanwhile
  }

  /** A request ended in a way that says nothing about the place. */
  public void ended() {
    if (watching) {
      breaker.releasePermission();
    }
  }

  /** {@return whether requests are refused now, a few that try it apart} */
  public boolean isOpen() {
    CircuitBreaker.State state = breaker.getState();
    return state == CircuitBreaker.State.OPEN || state == CircuitBreaker.State.HALF_OPEN;
  }

  /** {@return what a request is told that is not permitted, and has nowhere else to go} */
  public InferenceException refusal() {
    CircuitBreaker.Metrics seen = breaker.getMetrics();
    return new InferenceException(
        ErrorCode.CIRCUIT_OPEN,
        name
            + ": "
            + seen.getNumberOfFailedCalls()
            + " of the last "
            + seen.getNumberOfBufferedCalls()
            + " requests failed through its fault; it is tried again from time to time (last"
            + " failure: "
            + lastFailure()
            + ")",
        lastFailure);
  }

  private String lastFailure() {
    InferenceException last = lastFailure;
    return last == null ? "none" : String.valueOf(last.getMessage());
  }
}
