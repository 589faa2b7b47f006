package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Batches of known architectures give the answers that each request has alone, and those that
 * PyTorch gave. The models are not in this repository; on request only: {@code -Pmodels
 * -Dmps-parallel.models=DIR}. For each, DIR has NAME.pt and NAME.npz: inputs and outputs of 1 and 4
 * rows, named {@code b4_in_x}, {@code b4_out_y}.
 */
@Tag("models")
@Timeout(300)
final class ReferenceModelsTest {
  private static final double OF_PYTORCH = 1e-4;

  @TempDir private Path directory;

  private static Path models() {
    String folder = System.getProperty("mps-parallel.models");
    assertThat(folder).as("-Dmps-parallel.models, a folder of models").isNotNull();
    return Path.of(folder);
  }

  private static ModelSource model(String name) {
    return ModelSource.of(models().resolve(name + ".pt"));
  }

  /** Inputs in the order of the model's signature, whose names may be others. */
  private static NamedTensors byPosition(NamedTensors named) {
    return NamedTensors.of(named.tensors().toArray(Tensor[]::new));
  }

  /** The arrays whose names begin so, under the rest of their names. */
  private static NamedTensors arrays(String model, String prefix) {
    try (NpzFile npz = NpzFile.open(models().resolve(model + ".npz"))) {
      List<String> names = npz.names().stream().filter(name -> name.startsWith(prefix)).toList();
      return NamedTensors.of(
          names.stream().map(name -> name.substring(prefix.length())).toList(),
          names.stream().map(npz::read).toList());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "mobilenet_v3_small", "bert_tiny", "lstm_tagger"})
  void model_mixedRows_areAsAloneAndAsInPyTorch(String name) {
    List<NamedTensors> requests = new ArrayList<>();
    try (NamedTensors one = arrays(name, "b1_in_");
        NamedTensors four = arrays(name, "b4_in_")) {
      requests.add(byPosition(one.share()));
      requests.add(byPosition(four.share()));
      for (int rows : Together.MIXED_ROWS) {
        requests.add(varied(four, rows, requests.size()));
      }
    }
    try {
      assertAsInPyTorch(name, requests.subList(0, 2));
      int[] sharing = new int[requests.size()];
      Arrays.fill(sharing, requests.size());
      new Together(directory).assertSame(model(name), requests, sharing);
    } finally {
      requests.forEach(NamedTensors::close);
    }
  }

  private static void assertAsInPyTorch(String name, List<NamedTensors> requests) {
    List<InferenceResult> results = Together.alone(model(name), requests);
    for (int i = 0; i < 2; i++) {
      try (InferenceResult result = results.get(i);
          NamedTensors expected = arrays(name, i == 0 ? "b1_out_" : "b4_out_")) {
        Together.assertEqual(result.outputs(), expected, OF_PYTORCH);
      }
    }
  }

  /** Some rows of the reference inputs, from one of them on, all changed a little. */
  private static NamedTensors varied(NamedTensors four, int rows, int seed) {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < four.size(); i++) {
      boolean changes = !four.names().get(i).contains("mask");
      tensors.add(varied(four.get(i), rows, changes ? seed : 0));
    }
    return byPosition(NamedTensors.of(four.names(), tensors));
  }

  private static Tensor varied(Tensor four, int rows, int seed) {
    long[] shape = four.shape();
    int row = (int) (four.spec().elements() / 4);
    shape[0] = rows;
    if (four.dtype() == DType.FLOAT32) {
      float[] from = four.toFloatArray();
      float[] to = new float[rows * row];
      for (int i = 0; i < to.length; i++) {
        to[i] = from[(seed * row + i) % from.length] * (1 - 0.01f * seed);
      }
      return Tensor.of(to, shape);
    }
    long[] from = four.toLongArray();
    long largest = Arrays.stream(from).max().orElseThrow();
    long[] to = new long[rows * row];
    for (int i = 0; i < to.length; i++) {
      to[i] = (from[(seed * row + i) % from.length] + seed) % (largest + 1);
    }
    return Tensor.of(to, shape);
  }

  // ---- sequences of different lengths ----

  private static NamedTensors ids(String model, String input, int rows, int length, int seed) {
    try (NamedTensors four = arrays(model, "b4_in_");
        Tensor varied = varied(four.get("input_ids"), rows, seed)) {
      long[] whole = varied.toLongArray();
      long[] cut = new long[rows * length];
      for (int row = 0; row < rows; row++) {
        System.arraycopy(whole, row * whole.length / rows, cut, row * length, length);
      }
      return NamedTensors.of(List.of(input), List.of(Tensor.of(cut, rows, length)));
    }
  }

  private void assertRagged(String name, ModelSource source) {
    String input = source.declared().inputs().get(0).name();
    int[] lengths = {5, 16, 9, 12, 16, 1, 7, 3};
    List<NamedTensors> requests = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      requests.add(ids(name, input, Together.MIXED_ROWS[i], lengths[i], i));
    }
    try {
      new Together(directory).assertSame(source, requests, 8, 8, 8, 8, 8, 8, 8, 8);
    } finally {
      requests.forEach(NamedTensors::close);
    }
  }

  @Test
  void bert_mixedLengths_areAsAlone() {
    Signature declared =
        new Signature(
            List.of(
                InputSpec.of("input_ids", DType.INT64, -1, -1),
                InputSpec.of("attention_mask", DType.INT64, -1, -1)),
            List.of("last_hidden_state", "pooler_output"));
    Padding rules =
        Padding.to(16, 32)
            .input("input_ids", 1, 0)
            .mask("attention_mask")
            .output("last_hidden_state", 1)
            .output("pooler_output");
    assertRagged("bert_tiny", model("bert_tiny").declaring(declared).padding(rules));
  }

  /** No mask: what lies behind a position does not reach it. */
  @Test
  void lstm_mixedLengths_areAsAlone() {
    Signature declared =
        new Signature(List.of(InputSpec.of("ids", DType.INT64, -1, -1)), List.of("logits"));
    Padding rules = Padding.to(16, 32).input("ids", 1, 0).output("logits", 1);
    assertRagged("lstm_tagger", model("lstm_tagger").declaring(declared).padding(rules));
  }
}
