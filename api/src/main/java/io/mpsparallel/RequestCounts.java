package io.mpsparallel;

import io.mpsparallel.error.ErrorCode;
import java.util.EnumMap;
import java.util.Map;

/**
 * What became of requests since the start, as numbers of one moment: one for each call of {@code
 * infer} and {@code submit}, and each element of {@code map}. Immutable, any thread.
 *
 * @param inFlight requests without an answer yet
 * @param served requests with an answer, those of {@code fallback} included
 * @param fallback answers of a place that requests go to if another one fails
 * @param failures how many failed with each error code; those without are left out
 */
public record RequestCounts(
    long inFlight, long served, long fallback, Map<ErrorCode, Long> failures) {
  /** No requests. */
  public static final RequestCounts NONE = new RequestCounts(0, 0, 0, Map.of());

  // Copies the map.
  public RequestCounts {
    failures = Map.copyOf(failures);
  }

  /** {@return how many failed, in whatever way} */
  public long failed() {
    return failures.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * How many failed in one way.
   *
   * @param code the way
   * @return 0 or more
   */
  public long failed(ErrorCode code) {
    return failures.getOrDefault(code, 0L);
  }

  /** The sum of two. */
  RequestCounts plus(RequestCounts other) {
    Map<ErrorCode, Long> sums = new EnumMap<>(ErrorCode.class);
    sums.putAll(failures);
    other.failures.forEach((code, count) -> sums.merge(code, count, Long::sum));
    return new RequestCounts(
        inFlight + other.inFlight, served + other.served, fallback + other.fallback, sums);
  }
}
