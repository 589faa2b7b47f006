package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.InputSpec;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.config.ModelDescription;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.strategy.BatchStats;
import io.mpsparallel.tensor.DType;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Batches on libtorch give the answers that each request has alone: a perceptron, a convolution,
 * attention and recurrence, small ones; with rows mixed, and sequences of different lengths.
 */
@Timeout(120)
final class BatchedAnswersTest {
  private static final String CONVOLUTION =
      """
      def forward(self, x: Tensor) -> Tensor:
        weights = torch.sin(torch.arange(216)).reshape(8, 3, 3, 3)
        return torch.mean(torch.relu(torch.conv2d(x, weights)), [2, 3])
      """;

  private static final String ATTENTION =
      """
      def forward(self, ids: Tensor, mask: Tensor) -> Dict[str, Tensor]:
        x = torch.sin(ids.unsqueeze(-1) * (torch.arange(16) + 1) * 0.37)
        scores = torch.matmul(x, x.transpose(1, 2)) + (mask.unsqueeze(1) - 1) * 10000.0
        tokens = torch.matmul(torch.softmax(scores, -1), x)
        keep = mask.unsqueeze(-1)
        pooled = torch.sum(tokens * keep, [1]) / torch.sum(keep, [1])
        return {'tokens': tokens, 'pooled': torch.tanh(pooled)}
      """;

  private static final String RECURRENCE =
      """
      def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros_like(x[:, 0])
        steps = x[:, 0:0]
        for i in range(x.size(1)):
          h = torch.tanh(x[:, i] + 0.5 * torch.roll(h, [1], [1]))
          steps = torch.cat([steps, h.unsqueeze(1)], 1)
        return steps
      """;

  private static final String SENTENCES =
      """
      { "inputs": [ { "name": "ids", "dtype": "int64", "shape": [-1, -1], "range": [0, 100] },
                    { "name": "mask", "dtype": "float32", "shape": [-1, -1] } ],
        "outputs": [ "tokens", "pooled" ],
        "padding": { "lengths": [8, 16],
                     "inputs": { "ids": { "dim": 1, "value": 3 } },
                     "mask": "mask",
                     "outputs": { "tokens": { "dim": 1 }, "pooled": {} } } }
      """;

  @TempDir private Path directory;

  private ModelSource script(String source) {
    Path file = directory.resolve("m" + source.hashCode() + ".pt");
    return ModelSource.of(ScriptModels.script(file, source));
  }

  /** As a caller has it: a model file with its description beside it. */
  private ModelSource attention() throws IOException {
    Path file = ScriptModels.script(directory.resolve("attention.pt"), ATTENTION);
    Files.writeString(directory.resolve("attention.json"), SENTENCES);
    return ModelDescription.beside(file);
  }

  private static Tensor floats(int seed, long... shape) {
    long elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    float[] values = new float[(int) elements];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(seed + 0.7 * i);
    }
    return Tensor.of(values, shape);
  }

  private static NamedTensors ids(int seed, int rows, int length) {
    long[] values = new long[rows * length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (seed * 31L + i * 17L) % 101;
    }
    return NamedTensors.of(List.of("ids"), List.of(Tensor.of(values, rows, length)));
  }

  private BatchStats assertSame(ModelSource source, List<NamedTensors> requests, int... sharing) {
    try {
      return new Together(directory).assertSame(source, requests, sharing);
    } finally {
      requests.forEach(NamedTensors::close);
    }
  }

  private void assertMixedRows(ModelSource source, long... trailing) {
    List<NamedTensors> requests = new ArrayList<>();
    for (int rows : Together.MIXED_ROWS) {
      long[] shape = new long[trailing.length + 1];
      shape[0] = rows;
      System.arraycopy(trailing, 0, shape, 1, trailing.length);
      requests.add(NamedTensors.of(floats(requests.size(), shape)));
    }
    BatchStats stats = assertSame(source, requests, 8, 8, 8, 8, 8, 8, 8, 8);
    assertThat(stats.rows()).isEqualTo(18 + 1);
  }

  @Test
  void perceptron_mixedRows_areAsAlone() {
    assertMixedRows(
        ModelSource.of(ScriptModels.mlp(directory.resolve("mlp.pt"), 3, 64, 128, 64)), 64);
  }

  @Test
  void convolution_mixedRows_areAsAlone() {
    assertMixedRows(script(CONVOLUTION), 3, 8, 8);
  }

  @Test
  void recurrence_mixedRows_areAsAlone() {
    assertMixedRows(script(RECURRENCE), 12, 16);
  }

  @Test
  void attention_mixedRowsAndLengths_areAsAlone() throws IOException {
    int[] lengths = {3, 8, 5, 16, 9, 8, 20, 1};
    List<NamedTensors> requests = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      requests.add(ids(i, Together.MIXED_ROWS[i], lengths[i]));
    }
    BatchStats stats = assertSame(attention(), requests, 5, 5, 5, 2, 2, 5, 1, 5);
    assertThat(stats.positions()).isEqualTo(3 + 16 + 20 + 16 + 27 + 16 + 4);
    assertThat(stats.padPositions()).isEqualTo(5 + 4 * 3 + 3 * 7 + 4 * 7);
    assertThat(stats.lengthWaste()).isBetween(0.3, 0.4);
  }

  /** No mask is needed: a position knows nothing of those behind it. */
  @Test
  void recurrence_mixedLengths_areAsAlone() {
    Signature declared =
        new Signature(List.of(InputSpec.of("x", DType.FLOAT32, -1, -1, 16)), List.of("h"));
    Padding rules = Padding.to(16).input("x", 1, 0).output("h", 1);
    List<NamedTensors> requests = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      requests.add(NamedTensors.of(floats(i, 1 + i % 3, 2 + 2 * i, 16)));
    }
    assertSame(script(RECURRENCE).declaring(declared).padding(rules), requests, 6, 6, 6, 6, 6, 6);
  }
}
