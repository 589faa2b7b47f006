package io.mpsparallel.bench;

import io.mpsparallel.cli.ModelArrays;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A model file with inputs of one row and the right answer beside it.
 *
 * @param name of the file, without its end
 * @param file the model, with a description beside it
 * @param row the inputs of one row, by position; closed at the end of the run
 * @param right values of the first output
 */
record CudaCase(String name, Path file, NamedTensors row, List<Float> right) {
  static final String MLP = "mlp";
  static final String BERT = "bert_tiny";
  static final String MOBILENET = "mobilenet_v3_small";

  private static final List<String> NAMES = List.of(MLP, BERT, MOBILENET);

  private static String description(String name) {
    String inputs =
        switch (name) {
          case MLP -> input("x", "float32", "[-1, 512]");
          case BERT ->
              input("input_ids", "int64", "[-1, -1]")
                  + ", "
                  + input("attention_mask", "int64", "[-1, -1]");
          default -> input("x", "float32", "[-1, 3, 224, 224]");
        };
    return String.format(
        "{ \"inputs\": [ %s ], \"independent-rows\": true, \"warm-up\": [ %s ] }",
        inputs, warmUp(name));
  }

  /** The row of the arrays that come with the models: so that lanes are ready for it. */
  private static String warmUp(String name) {
    return switch (name) {
      case MLP -> "{ \"x\": [1, 512] }";
      case BERT -> "{ \"input_ids\": [1, 32], \"attention_mask\": [1, 32] }";
      default -> "{ \"x\": [1, 3, 224, 224] }";
    };
  }

  private static String input(String name, String dtype, String shape) {
    return String.format(
        "{ \"name\": \"%s\", \"dtype\": \"%s\", \"shape\": %s }", name, dtype, shape);
  }

  /** {@return those of the options' folder, in the order of their size} */
  static List<CudaCase> all(ScenarioRun run) {
    List<CudaCase> all = new ArrayList<>();
    Path models = run.options().models();
    for (String name : NAMES) {
      Path arrays = models == null ? null : models.resolve(name + ".npz");
      if (arrays != null && Files.isRegularFile(arrays)) {
        Path file = run.given(name, description(name));
        if (file != null) {
          all.add(read(run, name, file, arrays));
        }
      }
    }
    return all;
  }

  private static CudaCase read(ScenarioRun run, String name, Path file, Path arrays) {
    NamedTensors named = run.open(() -> ModelArrays.read(arrays, "b1_in_"));
    List<Float> right = new ArrayList<>();
    try (NamedTensors outputs = ModelArrays.read(arrays, "b1_out_")) {
      for (float value : outputs.get(0).toFloatArray()) {
        right.add(value);
      }
    }
    return new CudaCase(name, file, NamedTensors.of(List.of(), named.tensors()), right);
  }

  /** {@return the row repeated, closed at the end of the run} */
  NamedTensors rows(ScenarioRun run, int rows) {
    List<Tensor> repeated = new ArrayList<>();
    for (Tensor one : row.tensors()) {
      Tensor many = run.open(() -> Tensor.allocate(one.spec().withRows(rows)));
      for (int i = 0; i < rows; i++) {
        try (Tensor slice = many.slice(i, i + 1L)) {
          slice.copyFrom(one.buffer());
        }
      }
      repeated.add(many);
    }
    return NamedTensors.of(List.of(), repeated);
  }

  /** {@return how far an answer to the one row is off} */
  double difference(float[] answer) {
    float[] expected = new float[right.size()];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = right.get(i);
    }
    return Answers.difference(answer, expected);
  }
}
