package io.mpsparallel.testing;

import static io.mpsparallel.testing.ContractAnswers.assertRight;
import static io.mpsparallel.testing.ContractAnswers.inputs;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.LoadedModel;
import io.mpsparallel.ResultList;
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

  /** Requests with the inputs for 0, 1, 2 and so on. */
  static List<InferenceRequest> requests(ContractModel kind, int count) {
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

  static void assertAllClosed(List<InferenceRequest> requests) {
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
        assertThat(result.served().strategy()).isIn(servedBy());
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
  void result_afterEverythingIsClosed_canBeRead() {
    open();
    LoadedModel model = load(ContractModel.SQUARE);
    try (InferenceResult submitted = await(model.submit(floats(2)));
        Tensor x = floats(3);
        InferenceResult inferred = model.infer(x)) {
      model.close();
      executor.close();
      assertThat(submitted.tensor().toFloatArray()).containsExactly(4);
      assertThat(inferred.tensor().toFloatArray()).containsExactly(9);
    }
  }
}
