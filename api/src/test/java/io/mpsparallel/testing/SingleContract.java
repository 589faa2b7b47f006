package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.ResultList;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ResilienceSettings;
import io.mpsparallel.strategy.SingleLaneProvider;
import io.mpsparallel.strategy.StrategyProvider;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The suite of strategies for the one that is always there, and what is true of it alone. */
abstract class SingleContract extends InProcessStrategyContract {
  @Override
  protected StrategyProvider strategyUnderTest() {
    return new SingleLaneProvider();
  }

  @Test
  void run_laneLost_isToldOrTriedAgain() {
    open(settings().withResilience(ResilienceSettings.DEFAULTS.withRetries(0)));
    try (LoadedModel model = loadTracked()) {
      fake.faults().failRun(new InferenceException(ErrorCode.LANE_LOST, "scripted"));
      assertFails(() -> infer(model, 1), ErrorCode.LANE_LOST);
      assertThat(infer(model, 1)).isEqualTo(2);

      executor.reconfigure(settings());
      fake.faults().failRun(new InferenceException(ErrorCode.LANE_LOST, "scripted"));
      assertThat(infer(model, 1)).isEqualTo(2);
    }
  }

  @Test
  void map_fromAContinuationOnTheLane_isMisuseAndClosesItsInputs() {
    open();
    try (LoadedModel model = loadTracked()) {
      List<Tensor> inputs = List.of(floats(1), floats(2));
      CompletableFuture<ResultList> chained =
          occupy(model).get(0).thenApply(first -> model.map(inputs));
      fake.turnstile().open();
      assertFails(() -> await(chained).close(), ErrorCode.MISUSE);
      assertThat(inputs).allMatch(Tensor::isClosed);
    }
  }

  @Test
  void executorClose_fromAContinuationOnTheLane_waitsForNobody() {
    open(timeouts(PATIENCE, PATIENCE.multipliedBy(10)));
    LoadedModel model = loadTracked();
    CompletableFuture<Void> closing = occupy(model).get(0).thenAccept(first -> executor.close());
    CompletableFuture<InferenceResult> waiting = submit(model, 1);
    fake.turnstile().open();
    await(closing);
    assertFails(waiting, ErrorCode.CLOSED);
  }
}
