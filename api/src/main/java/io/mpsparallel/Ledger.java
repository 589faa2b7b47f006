package io.mpsparallel;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.Settled;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts the requests of a model by what becomes of them. Any thread. */
final class Ledger implements Settled {
  private final LongAdder begun = new LongAdder();
  private final LongAdder served = new LongAdder();
  private final LongAdder fallback = new LongAdder();
  private final Map<ErrorCode, LongAdder> failures = new EnumMap<>(ErrorCode.class); // all codes

  Ledger() {
    for (ErrorCode code : ErrorCode.values()) {
      failures.put(code, new LongAdder());
    }
  }

  void begin() {
    begun.increment();
  }

  @Override
  public void settled(@Nullable InferenceResult result, @Nullable Throwable failure) {
    if (result == null) {
      Objects.requireNonNull(failures.get(codeOf(failure))).increment();
      return;
    }
    served.increment();
    if (result.served().fallback()) {
      fallback.increment();
    }
  }

  static ErrorCode codeOf(@Nullable Throwable failure) {
    if (failure instanceof InferenceException known) {
      return known.code();
    }
    return failure == null ? ErrorCode.CANCELLED : ErrorCode.NATIVE_FAILURE;
  }

  /** Ends are read first, so that there are never fewer begun. */
  RequestCounts counts() {
    long answers = served.sum();
    long ended = answers;
    Map<ErrorCode, Long> failed = new EnumMap<>(ErrorCode.class);
    for (Map.Entry<ErrorCode, LongAdder> failure : failures.entrySet()) {
      long count = failure.getValue().sum();
      ended += count;
      if (count > 0) {
        failed.put(failure.getKey(), count);
      }
    }
    long elsewhere = Math.min(answers, fallback.sum());
    return new RequestCounts(Math.max(0, begun.sum() - ended), answers, elsewhere, failed);
  }
}
