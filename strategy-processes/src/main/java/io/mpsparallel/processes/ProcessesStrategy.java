package io.mpsparallel.processes;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.strategy.StrategyContext;
import io.mpsparallel.strategy.StrategyStats;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.InferenceResult;
import io.mpsparallel.work.ModelVersion;
import io.mpsparallel.work.WorkItem;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Requests run in worker processes: on the thread that waits for each worker, or, while one is
 * idle, on the thread of a caller, who then reads the answer itself. Any thread.
 */
@SuppressWarnings("DoNotCallSuggester") // until it is built
final class ProcessesStrategy implements ParallelismStrategy {
  private final Members members;

  ProcessesStrategy(StrategyContext context) {
    members = membersOf(context.backend());
  }

  private static Members membersOf(Backend backend) {
    if (backend instanceof ProcessBackend elsewhere) {
      return elsewhere.members();
    }
    throw new InferenceException(
        ErrorCode.CONFIG_INVALID,
        "strategy: processes over an engine that is open in this process (expected: the engine's"
            + " provider, so that workers can open it)");
  }

  @Override
  public String id() {
    return ProcessesProvider.ID;
  }

  @Override
  public void start() {
    members.resize(1);
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public void accept(WorkItem item, Duration patience) {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public void workAdded() {
    throw new UnsupportedOperationException("to be built");
  }

  /** Null as well after a worker died under it: then it is handed in, and tried elsewhere. */
  @Override
  public @Nullable InferenceResult tryRunHere(WorkItem item) {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public CompletableFuture<Void> warmUp(ModelVersion version, List<NamedTensors> cases) {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public StrategyStats stats() {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public void apply(Plan plan) {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public void forget(ModelVersion version) {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public boolean drain(Duration timeout) {
    throw new UnsupportedOperationException("to be built");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("to be built");
  }
}
