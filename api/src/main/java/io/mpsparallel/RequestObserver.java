package io.mpsparallel;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.work.Served;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Who is told how long requests took. Any thread, also one that runs forwards: what it does must be
 * quick. What it throws is logged.
 */
@FunctionalInterface
public interface RequestObserver {
  /**
   * A request has ended; its caller cannot see that yet.
   *
   * @param model what the model was loaded from
   * @param served how it was served; null if it failed
   * @param failure how it failed; null if it was served
   * @param time from the call to the answer
   */
  void ended(String model, @Nullable Served served, @Nullable ErrorCode failure, Duration time);
}
