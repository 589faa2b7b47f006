package io.mpsparallel.bench;

import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * A model that strategies are compared with.
 *
 * @param name what tables call it
 * @param file its file
 * @param input an input of so many rows, closed at the end of the run
 */
record ModelCase(String name, Path file, IntFunction<Tensor> input) {
  private static final int SIDE = 224;
  private static final int LENGTH = 32;

  private static final String IMAGES =
      """
      { "inputs": [ { "name": "x", "dtype": "float32", "shape": [-1, 3, 224, 224] } ],
        "independent-rows": true,
        "warm-up": [ { "x": [1, 3, 224, 224] } ] }
      """;

  /** The mask is made for callers. */
  private static final String TOKENS =
      """
      { "inputs": [ { "name": "input_ids", "dtype": "int64", "shape": [-1, -1] },
                    { "name": "attention_mask", "dtype": "int64", "shape": [-1, -1] } ],
        "outputs": [ "last_hidden_state", "pooler_output" ],
        "independent-rows": true,
        "warm-up": [ { "input_ids": [1, 32], "attention_mask": [1, 32] } ],
        "padding": { "lengths": [32],
                     "inputs": { "input_ids": { "dim": 1, "value": 0 } },
                     "mask": "attention_mask",
                     "outputs": { "last_hidden_state": { "dim": 1 }, "pooler_output": {} } } }
      """;

  /** {@return identity and MLP, and, if the options name a folder with them, two real ones} */
  static List<ModelCase> all(ScenarioRun run) {
    List<ModelCase> all = new ArrayList<>();
    all.add(new ModelCase("identity", run.identity(), rows -> run.input(rows, 1)));
    all.add(new ModelCase("MLP", run.describedMlp(), rows -> run.input(rows, 1)));
    Path images = run.given("mobilenet_v3_small", IMAGES);
    if (images != null) {
      all.add(new ModelCase("mobilenet", images, rows -> run.open(() -> image(rows))));
    }
    Path tokens = run.given("bert_tiny", TOKENS);
    if (tokens != null) {
      all.add(new ModelCase("bert", tokens, rows -> run.open(() -> tokens(rows))));
    }
    return all;
  }

  private static Tensor image(int rows) {
    return Tensor.of(new float[rows * 3 * SIDE * SIDE], rows, 3, SIDE, SIDE);
  }

  private static Tensor tokens(int rows) {
    long[] ids = new long[rows * LENGTH];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 1L + i % 100;
    }
    return Tensor.of(ids, rows, LENGTH);
  }
}
