package io.mpsparallel.adaptive;

import io.mpsparallel.policy.Choice;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What serves a kind of work now, and where that is counted. Immutable, any thread.
 *
 * @param choice the choice
 * @param strategy what it stands for, started
 * @param traffic what it served of the kind
 */
record Serving(Choice choice, ParallelismStrategy strategy, Traffic traffic) {
  void accept(WorkItem item, Duration patience) {
    traffic.begin(item);
    try {
      strategy.accept(item, patience);
    } catch (RuntimeException e) {
      traffic.refused(item);
      throw e;
    }
  }

  @Nullable InferenceResult tryRunHere(WorkItem item) {
    long start = traffic.startHere();
    InferenceResult result = strategy.tryRunHere(item);
    if (result != null) {
      traffic.servedHere(item, start);
    }
    return result;
  }
}
