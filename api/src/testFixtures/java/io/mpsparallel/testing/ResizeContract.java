package io.mpsparallel.testing;

import static io.mpsparallel.testing.ContractAnswers.assertRight;
import static io.mpsparallel.testing.ContractAnswers.inputs;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.Plan;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Plans that come while work goes on. A strategy that has no use for one goes on as before. */
abstract class ResizeContract extends CloseContract {
  private static final List<Integer> LANES = List.of(1, 4, 2);
  private static final int CALLERS = 4;

  /**
   * A plan for the strategy under test.
   *
   * @param lanes how many lanes, or workers
   * @return a plan for lanes of this process, unless overridden
   */
  protected Plan plan(int lanes) {
    return new Plan(
        Plan.Route.DIRECT, Plan.Over.THREADS, lanes, 1, 1, 1, Duration.ZERO, "contract");
  }

  @Test
  void apply_idle_goesOnServing() {
    open();
    try (LoadedModel model = load(ContractModel.SQUARE)) {
      for (int lanes : LANES) {
        strategy.apply(plan(lanes));
        callOnce(model, ContractModel.SQUARE, lanes, true);
        callOnce(model, ContractModel.SQUARE, lanes, false);
      }
    }
  }

  @Test
  void apply_while4ThreadsCall_losesNothing() {
    open();
    int times = repetitions(100);
    AtomicInteger calling = new AtomicInteger(CALLERS);
    AtomicInteger answered = new AtomicInteger();
    try (LoadedModel model = load(ContractModel.SQUARE)) {
      inParallel(
          CALLERS + 1,
          thread -> {
            if (thread == CALLERS) {
              applyWhile(calling, model);
              return;
            }
            try {
              for (int i = 0; i < times; i++) {
                callOnce(model, ContractModel.SQUARE, thread * 1000 + i, i % 2 == 1);
                answered.incrementAndGet();
              }
            } finally {
              calling.decrementAndGet();
            }
          });
    }
    assertThat(answered).hasValue(CALLERS * times);
  }

  private void applyWhile(AtomicInteger calling, LoadedModel model) {
    while (calling.get() > 0) {
      for (int lanes : LANES) {
        resize(lanes);
        callOnce(model, ContractModel.SQUARE, lanes, true);
      }
    }
  }

  /** Nobody else comes whose request would wake a lane. */
  @Test
  void apply_betweenTheRequestsOfOneCaller_leavesNoneWaiting() {
    open();
    try (LoadedModel model = load(ContractModel.SQUARE)) {
      for (int i = 0; i < repetitions(1_000); i++) {
        resize(LANES.get(i % 3));
        callOnce(model, ContractModel.SQUARE, i, true);
      }
    }
  }

  /** Lanes that end give their streams back once their threads have run, for which nobody waits. */
  private void resize(int lanes) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        strategy.apply(plan(lanes));
        return;
      } catch (InferenceException e) {
        if (e.code() != ErrorCode.STREAMS_EXHAUSTED || System.nanoTime() - end > 0) {
          throw e;
        }
        LockSupport.parkNanos(50_000);
      }
    }
  }

  @Test
  void apply_workWaits_keepsIt() {
    open();
    List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
    try (LoadedModel slow = loadSlow(2);
        LoadedModel square = load(ContractModel.SQUARE)) {
      for (int i = 0; i < 60; i++) {
        futures.add(keep(slow.submit(floats(i))));
        futures.add(keep(square.submit(InferenceRequest.of(inputs(ContractModel.SQUARE, i)))));
        if (i % 10 == 0) {
          strategy.apply(plan(LANES.get(i / 10 % 3)));
        }
      }
      for (int i = 0; i < 60; i++) {
        assertThat(await(futures.get(2 * i)).tensor().toFloatArray()).containsExactly(i);
        assertRight(ContractModel.SQUARE, i, await(futures.get(2 * i + 1)));
      }
    }
  }

  @Test
  void apply_whileTheExecutorCloses_leavesNothing() {
    for (int round = 0; round < repetitions(10); round++) {
      open();
      LoadedModel model = load(ContractModel.SQUARE);
      CompletableFuture<InferenceResult> underWay = keep(model.submit(floats(1)));
      inParallel(
          2,
          thread -> {
            if (thread == 0) {
              executor.close();
            } else {
              LANES.forEach(lanes -> strategy.apply(plan(lanes)));
            }
          });
      assertThat(underWay).isDone();
      assertNoThreadLeft();
    }
  }
}
