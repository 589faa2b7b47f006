package io.mpsparallel.strategy;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.Priority;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Warms a model up with ordinary requests, one for each case. */
final class OrdinaryWarmUp {
  private OrdinaryWarmUp() {}

  static CompletableFuture<Void> run(
      ParallelismStrategy strategy, ModelVersion version, List<NamedTensors> cases) {
    return CompletableFuture.allOf(
        cases.stream()
            .map(inputs -> run(strategy, version, inputs).thenAccept(InferenceResult::close))
            .toArray(CompletableFuture<?>[]::new));
  }

  private static CompletableFuture<InferenceResult> run(
      ParallelismStrategy strategy, ModelVersion version, NamedTensors inputs) {
    WorkItem item = new WorkItem(version, inputs, true, Priority.NORMAL, WorkItem.NO_DEADLINE);
    try {
      strategy.accept(item, Duration.ZERO);
    } catch (InferenceException e) {
      item.fail(e);
    }
    return item;
  }
}
