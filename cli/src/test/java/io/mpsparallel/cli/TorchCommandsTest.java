package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands on libtorch itself, as a user has them. */
@Timeout(120)
final class TorchCommandsTest {
  @TempDir private Path folder;

  private Path inputs(String name, float[] values, long... shape) {
    Path file = folder.resolve("in.npz");
    try (NamedTensors tensors = NamedTensors.of(List.of(name), List.of(Tensor.of(values, shape)))) {
      NpzWriter.write(file, tensors);
    }
    return file;
  }

  private float[] run(Path model, String input, String... more) {
    Path output = folder.resolve("out.npz");
    String[] args =
        new String[] {
          "run", model.toString(), "--input", input, "--output", output.toString(), "--device=cpu"
        };
    String[] all = Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    CliRun run = CliRun.of(Engines.INSTALLED, all);
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    try (NpzFile npz = NpzFile.open(output);
        Tensor tensor = npz.read("output0")) {
      return tensor.toFloatArray();
    }
  }

  @Test
  void run_ofIdentity_givesTheInputBack() {
    Path model = ScriptModels.identity(folder.resolve("identity.pt"));
    Path in = inputs("x", new float[] {1, -2, 3.5f, 4}, 2, 2);

    assertThat(run(model, in.toString())).containsExactly(1, -2, 3.5f, 4);
  }

  @Test
  void run_ofKnownArithmetic_givesTheRightNumbers() {
    Path model =
        ScriptModels.script(
            folder.resolve("script.pt"),
            "def forward(self, x: Tensor) -> Tensor:\n  return torch.matmul(x, x) - 2.5\n");
    Path in = inputs("x", new float[] {1, 2, 3, 4}, 2, 2);

    assertThat(run(model, "x=" + in + "[x]")).containsExactly(4.5f, 7.5f, 12.5f, 19.5f);
  }

  @Test
  void run_ofAnMlp_givesEachRowTheSameAloneAndInABatch() {
    Path model = ScriptModels.mlp(folder.resolve("mlp.pt"), 3, 16, 32, 8);
    float[] values = new float[4 * 16];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i);
    }

    float[] batch = run(model, inputs("x", values, 4, 16) + "[x]", "--concurrency=3", "--repeat=9");

    assertThat(batch).hasSize(4 * 8);
    for (int row = 0; row < 4; row++) {
      float[] one = Arrays.copyOfRange(values, row * 16, (row + 1) * 16);
      float[] alone = run(model, inputs("x", one, 1, 16) + "[x]");
      for (int i = 0; i < 8; i++) {
        assertThat(batch[row * 8 + i]).isCloseTo(alone[i], within(1e-5f));
      }
      assertThat(alone).doesNotContain(0f); // a model without weights would pass otherwise
    }
  }

  @Test
  void run_withoutTheDeviceAskedFor_saysWhatThereIs() {
    Path model = ScriptModels.identity(folder.resolve("identity.pt"));
    Path in = inputs("x", new float[] {1}, 1);
    CliRun run =
        CliRun.of(
            Engines.INSTALLED,
            "run",
            model.toString(),
            "--input",
            in.toString(),
            "--device",
            "tpu:3");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err()).contains("DEVICE_UNAVAILABLE: device: tpu:3 (present: [");
  }

  @Test
  void run_ofWhatIsNoModel_saysSo() {
    Path in = inputs("x", new float[] {1}, 1);
    CliRun run =
        CliRun.of(
            Engines.INSTALLED, "run", in.toString(), "--input", in.toString(), "--device=cpu");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err()).startsWith("mps-parallel: MODEL_INVALID: ");
  }

  @Test
  void doctor_onThisMachine_passesItsSelfTests() {
    CliRun run = CliRun.of(Engines.INSTALLED, "doctor");

    assertThat(run.status()).as(run.out()).isZero();
    assertThat(run.out()).containsPattern("cpu +passed +Java").contains("libtorch");
  }

  @Test
  void demo_onThisMachine_agreesWithItself() {
    CliRun run = CliRun.of(Engines.INSTALLED, "demo", "--seconds", "1");

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("callers got the same answers");
  }
}
