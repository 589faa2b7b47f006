package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Inputs for each {@link ContractModel}, made from one number, and what must come of them. */
final class ContractAnswers {
  /** Those that answer: all but one. */
  static final Set<ContractModel> MODELS = EnumSet.complementOf(EnumSet.of(ContractModel.RAISING));

  private static final float[] ADDED = {1, 2, 3, 4, 5, 6};

  private ContractAnswers() {}

  private static float[] values(float value) {
    return new float[] {value, -value, 0.5f, 1, 2, value + 1};
  }

  /** Two rows of three. */
  static NamedTensors inputs(ContractModel model, float value) {
    Tensor x = Tensor.of(values(value), 2, 3);
    return model == ContractModel.ADD
        ? NamedTensors.of(x, Tensor.of(ADDED, 2, 3))
        : NamedTensors.of(x);
  }

  static void assertRight(ContractModel model, float value, InferenceResult result) {
    List<float[]> expected = expected(model, values(value));
    List<Tensor> outputs = result.outputs().tensors();
    assertThat(outputs).as("outputs of %s", model).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(outputs.get(i).toFloatArray())
          .as("output %s of %s for %s", i, model, value)
          .containsExactly(expected.get(i));
    }
    if (model == ContractModel.DICT) {
      assertThat(result.names()).containsExactly("same", "square");
    }
  }

  private static List<float[]> expected(ContractModel model, float[] x) {
    float[] square = new float[x.length];
    float[] sum = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      square[i] = x[i] * x[i];
      sum[i] = x[i] + ADDED[i];
    }
    List<float[]> outputs = new ArrayList<>();
    switch (model) {
      case IDENTITY -> outputs.add(x);
      case SQUARE -> outputs.add(square);
      case ADD -> outputs.add(sum);
      case TUPLE, LIST, DICT -> outputs.addAll(List.of(x, square));
      case FIRST_ROW -> outputs.add(new float[] {x[0], x[1], x[2]});
      case RAISING -> throw new AssertionError(model + " does not answer");
    }
    return outputs;
  }
}
