package io.mpsparallel.cli;

import static io.mpsparallel.cli.NpyGoldenTest.golden;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.settings.ExecutorSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RunCommandTest {
  @TempDir private Path folder;

  private final AtomicInteger forwards = new AtomicInteger();
  private final FakeEngines engines =
      new FakeEngines(builder -> builder.onEncode(forwards::incrementAndGet));
  private Path inputs;
  private Path output;

  @BeforeEach
  void writeInputs() {
    inputs = folder.resolve("in.npz");
    output = folder.resolve("out.npz");
    try (NamedTensors tensors =
        NamedTensors.of(
            List.of("a", "b"),
            List.of(Tensor.of(new float[] {1, 2}, 2), Tensor.of(new float[] {10, 20}, 2)))) {
      NpzWriter.write(inputs, tensors);
    }
  }

  private CliRun run(String... args) {
    List<String> all = new ArrayList<>(List.of("run"));
    all.addAll(List.of(args));
    return CliRun.of(engines, all.toArray(String[]::new));
  }

  private float[] written(String name) {
    try (NpzFile npz = NpzFile.open(output);
        Tensor tensor = npz.read(name)) {
      return tensor.toFloatArray();
    }
  }

  @Test
  void run_withOneInput_writesTheOutputByPosition() {
    CliRun run = run("square.fake", "--input", inputs + "[b]", "--output", output.toString());

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(written("output0")).containsExactly(100, 400);
    assertThat(run.out()).contains("output0  float32[2]", "written to " + output);
    assertThat(forwards).hasValue(1);
  }

  @Test
  void run_withAWholeFile_givesInputsByName() {
    CliRun run = run("add.fake", "--input", inputs.toString(), "--output", output.toString());

    assertThat(run.status()).isZero();
    assertThat(written("output0")).containsExactly(11, 22);
  }

  @Test
  void run_withNamesInAnotherOrder_findsTheRightInputs() {
    CliRun run = run("dict.fake", "--input", "x=" + inputs + "[a]", "--output", output.toString());

    assertThat(run.status()).isZero();
    assertThat(written("same")).containsExactly(1, 2);
    assertThat(written("square")).containsExactly(1, 4);
  }

  @Test
  void run_withSeveralOutputs_numbersThem() {
    CliRun run = run("tuple.fake", "--input", inputs + "[a]", "--output", output.toString());

    assertThat(run.status()).isZero();
    assertThat(written("output0")).containsExactly(1, 2);
    assertThat(written("output1")).containsExactly(1, 4);
  }

  @Test
  void run_withoutOutput_onlyMeasures() {
    CliRun run = run("identity.fake", "--input", inputs + "[a]");

    assertThat(run.status()).isZero();
    assertThat(run.out()).doesNotContain("written");
    assertThat(run.out().lines().filter(line -> line.contains("requests/s")).toList())
        .containsExactly("device  strategy  callers  requests  requests/s       p50       p99");
  }

  @Test
  void concurrencyAlone_makesOneRequestForEachCaller() {
    CliRun run = run("identity.fake", "--input", inputs + "[a]", "--concurrency", "3");

    assertThat(run.status()).isZero();
    assertThat(forwards).hasValue(3);
    assertThat(run.out()).containsPattern("cpu +single +3 +3 ");
  }

  @Test
  void repeat_isTheNumberOfAllRequests_warmupNotCounted() {
    CliRun run =
        run(
            "identity.fake",
            "--input",
            inputs + "[a]",
            "--concurrency",
            "4",
            "--repeat",
            "50",
            "--warmup",
            "7");

    assertThat(run.status()).isZero();
    assertThat(forwards).hasValue(57);
    assertThat(run.out()).containsPattern("cpu +single +4 +50 ");
  }

  @Test
  void failure_ofTheModel_isToldAndNothingIsWritten() {
    CliRun run = run("raising.fake", "--input", inputs + "[a]", "--output", output.toString());

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).startsWith("mps-parallel: MODEL_FAILED: raised on purpose");
    assertThat(output).doesNotExist();
  }

  @Test
  void input_withAnUnknownName_isToldWithTheRightOnes() {
    CliRun run = run("add.fake", "--input", "c=" + golden("version1.npy"));

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err()).contains("INVALID_INPUT: input 'c': no such input (expected: a ");
  }

  @Test
  void output_thatCannotBeWritten_isAFailure() {
    CliRun run =
        run("identity.fake", "--input", inputs + "[a]", "--output", folder + "/none/out.npz");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err()).contains("/none/out.npz: cannot be written");
  }

  @Test
  void settings_fromAllPlaces_theNearestWins() throws IOException {
    Path config = folder.resolve("app.conf");
    Files.writeString(
        config,
        "mps-parallel { queue.capacity = 5, map.window = 6, deadline = 7s, strategy = none }");

    CliRun run =
        run(
            "identity.fake",
            "--input",
            inputs + "[a]",
            "--config",
            config.toString(),
            "--set",
            "queue.capacity=8",
            "--set",
            "mps-parallel.queue.wait=2s",
            "--set",
            "device=cuda",
            "--device",
            "cpu",
            "--strategy",
            "single");

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    ExecutorSettings settings = engines.settings.get(0);
    assertThat(settings.queue().capacity()).isEqualTo(8);
    assertThat(settings.queue().patience()).hasSeconds(2);
    assertThat(settings.mapWindow()).isEqualTo(6);
    assertThat(settings.deadline()).hasSeconds(7);
    assertThat(settings.device()).isEqualTo("cpu");
    assertThat(settings.strategy()).isEqualTo("single");
  }

  @Test
  void setting_thatIsUnknownOrBad_isToldWithAllOthers() {
    CliRun run =
        run(
            "identity.fake",
            "--input",
            inputs + "[a]",
            "--set",
            "queue.capacity=0",
            "--set",
            "queue.capcity=1");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err())
        .contains("CONFIG_INVALID")
        .contains("queue.capcity")
        .contains("there is no such setting")
        .contains("(command line)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "batching.sizes=[1, 8] |",
        "batching.sizes=[8, 1] | batching.sizes: [8, 1] (expected: rising sizes",
        "batching.sizes=[1 | CONFIG_INVALID: command line",
      })
  void setting_thatIsAList_isReadAsInAFile(String setting, @Nullable String error) {
    CliRun run = run("identity.fake", "--input", inputs + "[a]", "--set", setting);

    assertThat(run.err()).as(run.err()).contains(error == null ? "" : error);
    assertThat(run.status()).isEqualTo(error == null ? ExitCodes.OK : ExitCodes.FAILED);
  }

  @Test
  void config_thatIsMissing_isNamed() {
    CliRun run = run("identity.fake", "--input", inputs + "[a]", "--config", "none.conf");

    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err()).contains("CONFIG_INVALID").contains("none.conf");
  }

  @Test
  void run_watchWithoutConfig_isRefused() {
    CliRun run = run("square.fake", "--input", inputs + "[b]", "--watch");

    assertThat(run.status()).isEqualTo(ExitCodes.USAGE);
    assertThat(run.err()).contains("--watch: there is no --config FILE");
  }

  @Test
  void run_watchingItsConfig_runs() throws IOException {
    Path config = folder.resolve("my.conf");
    Files.writeString(config, "mps-parallel.map.window = 3");
    CliRun run =
        run("square.fake", "--input", inputs + "[b]", "--watch", "--config", config.toString());

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
  }
}
