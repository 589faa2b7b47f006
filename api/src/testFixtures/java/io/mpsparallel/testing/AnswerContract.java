package io.mpsparallel.testing;

import static io.mpsparallel.testing.ContractAnswers.assertRight;
import static io.mpsparallel.testing.ContractAnswers.inputs;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.ResultList;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Right answers, and who closes what. */
abstract class AnswerContract extends StrategyBase {
  /** What inputs whose shapes do not go together fail with: engines differ in who finds it. */
  private static final ErrorCode[] MISFIT = {ErrorCode.MODEL_FAILED, ErrorCode.INVALID_INPUT};

  @Test
  void infer_everyModel_isRight() {
    open();
    for (ContractModel kind : ContractAnswers.MODELS) {
      try (LoadedModel model = load(kind)) {
        callOnce(model, kind, 3, false);
        callOnce(model, kind, 4, false);
      }
    }
  }

  @Test
  void submit_everyModel_isRight() {
    open();
    for (ContractModel kind : ContractAnswers.MODELS) {
      try (LoadedModel model = load(kind)) {
        callOnce(model, kind, 3, true);
        callOnce(model, kind, 4, true);
      }
    }
  }

  @Test
  void map_everyModel_isRightAndInOrder() {
    open();
    for (ContractModel kind : ContractAnswers.MODELS) {
      try (LoadedModel model = load(kind);
          ResultList results = model.mapRequests(requests(kind, 10))) {
        assertThat(results).hasSize(10);
        for (int i = 0; i < 10; i++) {
          assertRight(kind, i, results.get(i));
        }
      }
    }
  }

  private static List<InferenceRequest> requests(ContractModel kind, int count) {
    return IntStream.range(0, count).mapToObj(i -> InferenceRequest.of(inputs(kind, i))).toList();
  }

  @Test
  void map_200Inputs_keepsTheirOrderAndClosesThem() {
    open();
    List<InferenceRequest> requests = requests(ContractModel.SQUARE, 200);
    try (LoadedModel model = load(ContractModel.SQUARE);
        ResultList results = model.mapRequests(requests)) {
      for (int i = 0; i < 200; i++) {
        assertRight(ContractModel.SQUARE, i, results.get(i));
      }
    }
    assertAllClosed(requests);
  }

  private static void assertAllClosed(List<InferenceRequest> requests) {
    assertThat(requests)
        .flatExtracting(request -> request.inputs().tensors())
        .allMatch(Tensor::isClosed);
  }

  @Test
  void map_nothing_isEmpty() {
    open();
    try (LoadedModel model = load(ContractModel.SQUARE);
        ResultList results = model.map(List.of())) {
      assertThat(results).isEmpty();
    }
  }

  @Test
  void shapes_changing_areRight() {
    open();
    try (LoadedModel model = load(ContractModel.SQUARE)) {
      List<CompletableFuture<InferenceResult>> futures = new ArrayList<>();
      for (int rows = 1; rows <= 16; rows++) {
        futures.add(keep(model.submit(Tensor.of(new float[3 * rows], rows, 3))));
      }
      for (int rows = 1; rows <= 16; rows++) {
        Tensor y = await(futures.get(rows - 1)).tensor();
        assertThat(y.spec().shape()).containsExactly(rows, 3);
      }
    }
  }

  @Test
  void served_ofInferSubmitAndMap_namesStrategyAndDevice() {
    open();
    try (LoadedModel model = load(ContractModel.SQUARE);
        Tensor x = floats(1);
        InferenceResult inferred = model.infer(x);
        InferenceResult submitted = await(model.submit(floats(1)));
        ResultList mapped = model.map(List.of(floats(1)))) {
      assertThat(executor.strategy()).isEqualTo(strategyUnderTest().id());
      for (InferenceResult result : List.of(inferred, submitted, mapped.get(0))) {
        assertThat(result.served().strategy()).isEqualTo(executor.strategy());
        assertThat(result.served().device()).isEqualTo(executor.device());
        assertThat(result.served().batchRequests()).isPositive();
      }
    }
  }

  @Test
  void inputs_byName_findTheirPlaces() {
    open();
    try (LoadedModel model = load(ContractModel.ADD);
        Tensor a = floats(1);
        Tensor b = floats(2);
        InferenceResult inferred = model.infer(InferenceRequest.of(Map.of("b", b, "a", a)));
        InferenceResult submitted =
            await(model.submit(InferenceRequest.of(Map.of("b", b.share(), "a", a.share()))))) {
      assertThat(inferred.tensor().toFloatArray()).containsExactly(3);
      assertThat(submitted.tensor().toFloatArray()).containsExactly(3);
    }
  }

  @Test
  void infer_answered_leavesItsInputsOpen() {
    open();
    try (LoadedModel model = load(ContractModel.IDENTITY);
        Tensor x = floats(1, 2)) {
      model.infer(x).close();
      assertThat(x.isClosed()).isFalse();
      assertThat(x.toFloatArray()).containsExactly(1, 2);
    }
  }

  @Test
  void submit_answered_hasClosedItsInputsButNotTheOutputs() {
    open();
    try (LoadedModel model = load(ContractModel.IDENTITY)) {
      Tensor x = floats(1, 2);
      try (InferenceResult result = await(model.submit(x))) {
        assertThat(x.isClosed()).isTrue();
        assertThat(result.tensor().toFloatArray()).containsExactly(1, 2);
      }
    }
  }

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
