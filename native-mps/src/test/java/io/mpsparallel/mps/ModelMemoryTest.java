package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceRequest;
import io.mpsparallel.work.InferenceResult;
import java.nio.file.Path;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Outputs that lie in the model's own memory: weights, buffers and constants. */
class ModelMemoryTest {
  @TempDir static Path directory;
  private static InferenceExecutor executor;

  @BeforeAll
  static void open() {
    executor = InferenceExecutor.builder().build();
  }

  @AfterAll
  static void close() {
    executor.close();
  }

  /** One with a buffer {@code w} of two ones. */
  private static LoadedModel load(String body) {
    Path file = directory.resolve("m" + body.hashCode() + ".pt");
    try (QualifiedName name = new QualifiedName("__torch__.Holder");
        JitModule module = new JitModule(name)) {
      module.register_buffer("w", torch.ones(new long[] {2}));
      module.define("def forward(self, x: Tensor):\n" + body);
      module.save(file.toString());
    }
    return executor.load(ModelSource.of(file));
  }

  private static InferenceResult infer(LoadedModel model) {
    return model.infer(InferenceRequest.of(NamedTensors.of(Tensor.of(new float[] {1, 1}, 2))));
  }

  private static void spoil(InferenceResult result) {
    result.outputs().tensors().forEach(t -> t.memory().putFloat(0, 7));
  }

  private static void assertIndependent(String body) {
    try (LoadedModel model = load(body)) {
      for (int i = 0; i < 4; i++) { // plain, then prepared
        try (InferenceResult result = infer(model)) {
          for (Tensor tensor : result.outputs().tensors()) {
            assertThat(tensor.toFloatArray()).as("%s: %s", body, i).containsOnly(1);
          }
          spoil(result);
        }
      }
    }
  }

  @Test
  void output_thatIsAWeight_isTheCallersOwn() {
    assertIndependent("  return self.w\n");
    assertIndependent("  return self.w[1:]\n");
    assertIndependent("  return (x * x, self.w)\n");
  }

  @Test
  void output_thatIsAConstant_isTheCallersOwn() {
    assertIndependent("  return torch.ones([2])\n");
  }

  @Test
  void outputs_thatAreOneTensor_areTheCallersOwnEach() {
    try (LoadedModel model = load("  y = x * x\n  return (y, y)\n");
        InferenceResult result = infer(model)) {
      result.tensor(0).memory().putFloat(0, 7);
      assertThat(result.tensor(1).toFloatArray()).containsExactly(1, 1);
    }
  }

  @Test
  void output_thatIsState_staysAsItWas() {
    try (LoadedModel model = load("  self.w += x\n  return self.w\n");
        InferenceResult first = infer(model);
        InferenceResult second = infer(model)) {
      assertThat(second.tensor().toFloatArray()).containsExactly(3, 3);
      assertThat(first.tensor().toFloatArray()).containsExactly(2, 2);
    }
  }
}
