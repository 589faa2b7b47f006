package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeFunction;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class DoctorCommandTest {
  /** What the script of the self-test computes, in another order than there. */
  private static NamedTensors products(NamedTensors inputs) {
    Tensor x = inputs.get(0);
    float[] values = x.toFloatArray();
    int rows = (int) x.spec().dim(0);
    int width = values.length / rows;
    double[] sums = new double[rows * rows];
    for (int k = width - 1; k >= 0; k--) {
      for (int ij = 0; ij < sums.length; ij++) {
        sums[ij] += (double) values[ij / rows * width + k] * values[ij % rows * width + k];
      }
    }
    float[] result = new float[sums.length];
    for (int ij = 0; ij < sums.length; ij++) {
      result[ij] = (float) Math.max(0, sums[ij]);
    }
    return NamedTensors.of(Tensor.of(result, rows, rows));
  }

  /** Each output is 1 + the sum of its row times its place. */
  static NamedTensors layer(NamedTensors inputs, int outputs) {
    Tensor x = inputs.get(0);
    float[] values = x.toFloatArray();
    int rows = (int) x.spec().dim(0);
    int width = values.length / rows;
    float[] result = new float[rows * outputs];
    for (int row = 0; row < rows; row++) {
      float sum = 0;
      for (int i = 0; i < width; i++) {
        sum += values[row * width + i];
      }
      for (int o = 0; o < outputs; o++) {
        result[row * outputs + o] = 1 + sum * o;
      }
    }
    return NamedTensors.of(Tensor.of(result, rows, outputs));
  }

  private static FakeEngines engines(FakeFunction small, FakeFunction large, Device... devices) {
    return new FakeEngines(
        builder ->
            builder.devices(devices).model("script", small).model("mlp-64-128-128-32", large));
  }

  private static FakeEngines healthy(Device... devices) {
    return engines(DoctorCommandTest::products, in -> layer(in, 32), devices);
  }

  @Test
  void doctor_onAHealthyMachine_endsWith0() {
    CliRun run = CliRun.of(healthy(Device.cuda(0), Device.CPU), "doctor");

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("engine")
        .contains("cpus granted")
        .containsPattern("cuda:0 +passed +cpu +0 +[0-9.]+ ms")
        .containsPattern("cpu +passed +Java +")
        .contains("All is well.");
  }

  @Test
  void doctor_asJson_canBeParsed() {
    CliRun run = CliRun.of(healthy(Device.CPU), "doctor", "--json");

    assertThat(run.status()).isZero();
    Config json = json(run.out());
    assertThat(json.getBoolean("healthy")).isTrue();
    assertThat(json.getString("facts.engine")).isEqualTo("fake");
    assertThat(json.getConfigList("problems")).isEmpty();
    assertThat(json.getConfigList("devices").get(0).getString("device")).isEqualTo("cpu");
    assertThat(json.getConfigList("devices").get(0).getDouble("maxDifference")).isLessThan(1e-4);
  }

  private static Config json(String text) {
    return ConfigFactory.parseString(
        text, ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON));
  }

  @Test
  void cpu_thatCalculatesWrong_isSevere() {
    FakeFunction bent =
        in -> {
          long rows = in.get(0).spec().dim(0);
          return NamedTensors.of(Tensor.of(square(products(in)), rows, rows));
        };
    CliRun run = CliRun.of(engines(bent, in -> layer(in, 32), Device.CPU), "doctor");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.out())
        .containsPattern("cpu +FAILED +Java")
        .contains("PROBLEM  self-test on cpu: differs by ")
        .contains("to do  Do not trust results of this device.")
        .contains("There is a severe problem.");
  }

  private static float[] square(NamedTensors outputs) {
    float[] values = outputs.get(0).toFloatArray();
    for (int i = 0; i < values.length; i++) {
      values[i] *= values[i];
    }
    outputs.close();
    return values;
  }

  @Test
  void device_thatDiffersFromTheCpu_isSevere() {
    AtomicInteger calls = new AtomicInteger();
    FakeFunction drifting =
        in -> {
          float[] values = new float[(int) in.get(0).spec().dim(0) * 32];
          values[7] = calls.incrementAndGet() * 0.01f;
          return NamedTensors.of(Tensor.of(values, in.get(0).spec().dim(0), 32));
        };
    CliRun run =
        CliRun.of(
            engines(DoctorCommandTest::products, drifting, Device.cuda(0), Device.CPU),
            "doctor",
            "--json");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    Config json = json(run.out());
    assertThat(json.getBoolean("healthy")).isFalse();
    assertThat(json.getConfigList("devices").get(0).getBoolean("passed")).isFalse();
    assertThat(json.getConfigList("devices").get(1).getBoolean("passed")).isTrue();
    assertThat(json.getConfigList("problems").get(0).getBoolean("severe")).isTrue();
  }

  @Test
  void device_thatGivesNoNumber_isSevere() {
    FakeFunction nan =
        in -> {
          float[] values = new float[(int) in.get(0).spec().dim(0) * 32];
          values[3] = Float.NaN;
          return NamedTensors.of(Tensor.of(values, in.get(0).spec().dim(0), 32));
        };
    CliRun run =
        CliRun.of(engines(DoctorCommandTest::products, nan, Device.CPU), "doctor", "--json");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(json(run.out()).getConfigList("devices").get(0).getIsNull("maxDifference")).isTrue();
  }

  @Test
  void device_thatFails_doesNotKeepTheOthersFromTheirTest() {
    AtomicInteger calls = new AtomicInteger();
    FakeFunction failingOnce =
        in -> {
          if (calls.getAndIncrement() == 0) {
            throw new InferenceException(ErrorCode.DEVICE_FAILED, "on purpose");
          }
          return layer(in, 32);
        };
    CliRun run =
        CliRun.of(
            engines(DoctorCommandTest::products, failingOnce, Device.cuda(0), Device.CPU),
            "doctor");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.out())
        .containsPattern("cuda:0 +FAILED")
        .contains("self-test on cuda:0: DEVICE_FAILED: on purpose")
        .containsPattern("cpu +passed");
  }

  @Test
  void natives_thatAreMissing_areToldWithWhatToDo() {
    Engines none =
        new Engines() {
          @Override
          public InferenceExecutor executor(ExecutorSettings settings) {
            throw new AssertionError("not asked for");
          }

          @Override
          public Backend backend(BackendSettings settings) {
            return Engines.readable(
                () -> {
                  throw new UnsatisfiedLinkError("no jnitorch in java.library.path");
                });
          }
        };
    CliRun run = CliRun.of(none, "doctor");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("PROBLEM  NATIVE_UNAVAILABLE: ")
        .contains("no jnitorch in java.library.path")
        .contains("org.bytedeco:javacpp, openblas and pytorch")
        .contains("cpus granted")
        .doesNotContain("\tat ");
    assertThat(CliRun.of(none, "doctor", "--verbose").err()).contains("\tat ");
  }
}
