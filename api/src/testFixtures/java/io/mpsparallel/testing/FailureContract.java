package io.mpsparallel.testing;

import static io.mpsparallel.testing.ContractAnswers.assertRight;
import static io.mpsparallel.testing.ContractAnswers.inputs;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Requests that fail, and those beside them. */
abstract class FailureContract extends AnswerContract {
  /** What inputs whose shapes do not go together fail with: engines differ in who finds it. */
  private static final ErrorCode[] MISFIT = {ErrorCode.MODEL_FAILED, ErrorCode.INVALID_INPUT};

  @Test
  void wrongInputs_refused_keepOwnership() {
    open();
    try (LoadedModel model = load(ContractModel.SQUARE);
        Tensor borrowed = floats(1)) {
      assertFails(() -> model.infer(borrowed, borrowed).close(), ErrorCode.INVALID_INPUT);
      assertThat(borrowed.isClosed()).isFalse();
      Tensor owned = floats(1);
      assertFails(model.submit(InferenceRequest.of(Map.of("q", owned))), ErrorCode.INVALID_INPUT);
      assertThat(owned.isClosed()).isTrue();
      callOnce(model, ContractModel.SQUARE, 2, true);
    }
  }

  @Test
  void map_oneHasWrongInputs_isRefusedAndClosesEverything() {
    open();
    List<InferenceRequest> requests = new ArrayList<>(requests(ContractModel.SQUARE, 10));
    requests.add(5, InferenceRequest.of(Map.of("q", floats(1))));
    LoadedModel model = load(ContractModel.SQUARE);
    assertFails(() -> model.mapRequests(requests).close(), ErrorCode.INVALID_INPUT);
    executor.close(); // those in flight are answered before it returns
    assertAllClosed(requests);
  }

  @Test
  void failingRequests_amongOthers_failAlone() {
    open();
    List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
    try (LoadedModel add = load(ContractModel.ADD)) {
      for (int i = 0; i < 30; i++) {
        NamedTensors inputs = i % 3 == 1 ? misfits() : inputs(ContractModel.ADD, i);
        futures.add(keep(add.submit(InferenceRequest.of(inputs))));
      }
      for (int i = 0; i < 30; i++) {
        if (i % 3 == 1) {
          assertFails(futures.get(i), MISFIT);
        } else {
          assertRight(ContractModel.ADD, i, await(futures.get(i)));
        }
      }
    }
  }

  /** Inputs that {@link ContractModel#ADD} raises at. */
  private static NamedTensors misfits() {
    return NamedTensors.of(floats(1, 2, 3), floats(1, 2));
  }

  @Test
  void raisingModel_besideAnother_failsAlone() {
    open();
    try (LoadedModel raising = load(ContractModel.RAISING);
        LoadedModel square = load(ContractModel.SQUARE);
        Tensor x = floats(1)) {
      for (int i = 0; i < 10; i++) {
        Tensor owned = floats(1);
        assertFails(raising.submit(owned), ErrorCode.MODEL_FAILED);
        assertThat(owned.isClosed()).isTrue();
        callOnce(square, ContractModel.SQUARE, i, true);
        assertFails(() -> raising.infer(x).close(), ErrorCode.MODEL_FAILED);
        callOnce(square, ContractModel.SQUARE, i, false);
      }
      assertThat(x.isClosed()).isFalse();
    }
  }

  @Test
  void map_oneFails_throwsItAndClosesEverything() {
    open();
    List<InferenceRequest> requests = new ArrayList<>(requests(ContractModel.ADD, 200));
    requests.get(20).inputs().close();
    requests.set(20, InferenceRequest.of(misfits()));
    try (LoadedModel model = load(ContractModel.ADD)) {
      assertFails(() -> model.mapRequests(requests).close(), MISFIT);
      callOnce(model, ContractModel.ADD, 1, true);
    }
    executor.close(); // those in flight are answered before it returns
    assertAllClosed(requests);
  }
}
