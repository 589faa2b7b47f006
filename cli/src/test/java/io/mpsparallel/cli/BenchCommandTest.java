package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.mpsparallel.mps.ScriptModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench} with libtorch, and what it refuses. */
@Timeout(120)
final class BenchCommandTest {
  @TempDir private Path folder;

  private CliRun bench(String... more) {
    Path model = ScriptModels.mlp(folder.resolve("mlp.pt"), 7, 8, 16, 4);
    List<String> all = new ArrayList<>(List.of("bench", model.toString()));
    all.addAll(List.of(more));
    return CliRun.of(Engines.INSTALLED, all.toArray(String[]::new));
  }

  @Test
  void bench_closedLoop_writesFiguresReportAndAdvice() throws IOException {
    Path json = folder.resolve("out.json");
    Path report = folder.resolve("out.html");
    CliRun run =
        bench(
            "--shape=1x8",
            "--strategies=threads,batching,adaptive",
            "--callers=1,4",
            "--duration=50ms",
            "--rounds=2",
            "--json=" + json,
            "--report=" + report);

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("callers  strategy", "With 1 caller, ", "With 4 callers, ", "Over all loads, ")
        .contains("mps-parallel.strategy = ", "report: " + report);
    Config written = ConfigFactory.parseFile(json.toFile());
    assertThat(written.getConfig("machine").root()).containsKeys("jdk", "libtorch", "blas");
    List<? extends Config> cells = written.getConfigList("cells");
    assertThat(cells).hasSize(6);
    for (Config cell : cells) {
      assertThat(cell.getDouble("requests_per_s")).isPositive();
      assertThat(cell.getDouble("p50_us")).isPositive();
      assertThat(cell.getDouble("p99_us")).isGreaterThanOrEqualTo(cell.getDouble("p50_us"));
      assertThat(cell.getLong("errors")).isZero();
      assertThat(cell.getString("client")).isEqualTo("blocking");
    }
    assertThat(Files.readString(report)).contains("<svg", "Strategies for mlp.pt");
  }

  @Test
  void bench_async_makesBatches() {
    Path json = folder.resolve("out.json");
    CliRun run =
        bench(
            "--shape=1x8",
            "--strategies=batching",
            "--callers=64",
            "--client=async",
            "--duration=100ms",
            "--rounds=1",
            "--json=" + json);

    assertThat(run.status()).isZero();
    Config cell = ConfigFactory.parseFile(json.toFile()).getConfigList("cells").get(0);
    assertThat(cell.getDouble("mean_batch_rows")).isGreaterThan(1);
    assertThat(cell.getDouble("rows_per_s")).isEqualTo(cell.getDouble("requests_per_s"));
  }

  @Test
  void bench_openLoop_answersAtTheRate() {
    Path json = folder.resolve("out.json");
    CliRun run =
        bench(
            "--shape=1x8:float32",
            "--rows=2",
            "--strategies=threads",
            "--rate=200",
            "--duration=1s",
            "--rounds=1",
            "--json=" + json);

    assertThat(run.status()).isZero();
    Config cell = ConfigFactory.parseFile(json.toFile()).getConfigList("cells").get(0);
    assertThat(cell.getString("client")).isEqualTo("open");
    assertThat(cell.getInt("rows")).isEqualTo(2);
    assertThat(cell.getDouble("rate")).isEqualTo(200);
    assertThat(cell.getDouble("requests_per_s")).isBetween(190.0, 200.1);
    assertThat(run.out()).contains("At 200 requests a second, threads: ");
  }

  @Test
  void bench_callersTwice_areMeasuredOnce_inRisingOrder() throws IOException {
    Path json = folder.resolve("out.json");
    Path report = folder.resolve("out.html");
    CliRun run =
        bench(
            "--shape=1x8",
            "--strategies=threads,threads",
            "--callers=4,2,4",
            "--duration=20ms",
            "--rounds=1",
            "--json=" + json,
            "--report=" + report);

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(ConfigFactory.parseFile(json.toFile()).getConfigList("cells"))
        .extracting(cell -> cell.getInt("callers"))
        .containsExactly(2, 4);
    assertThat(report).exists();
  }

  @Test
  void bench_callersThatWait_areSeenInTheQueue() {
    Path json = folder.resolve("out.json");
    CliRun run =
        bench(
            "--shape=1x8",
            "--rows=512",
            "--strategies=single",
            "--callers=1,16",
            "--client=async",
            "--duration=300ms",
            "--rounds=1",
            "--json=" + json);

    assertThat(run.status()).isZero();
    List<? extends Config> cells = ConfigFactory.parseFile(json.toFile()).getConfigList("cells");
    assertThat(waitingShare(cells.get(0))).isLessThan(0.5);
    assertThat(waitingShare(cells.get(1))).isBetween(0.5, 1.0);
    assertThat(cells.get(1).getDouble("lanes_busy")).isBetween(0.5, 1.0);
    assertThat(cells.get(1).hasPath("rate")).isFalse();
  }

  private static double waitingShare(Config cell) {
    double parts =
        cell.getDouble("late_us") + cell.getDouble("waiting_us") + cell.getDouble("running_us");
    assertThat(parts).isCloseTo(cell.getDouble("mean_us"), within(0.01));
    return cell.getDouble("waiting_us") / cell.getDouble("mean_us");
  }

  @Test
  void bench_filesThatCannotBeWritten_areToldBeforeAnythingIsMeasured() throws IOException {
    String expected = " (expected: a file that can be written, in a folder that exists)";
    for (String option : List.of("--json", "--report")) {
      for (Path file : List.of(folder, folder.resolve("no/out"), Path.of("/proc/out"))) {
        assertUsage(
            option + ": " + file + expected, "--shape=1x9", "--duration=900s", option + "=" + file);
      }
    }
    Path same = folder.resolve("same");
    assertUsage(
        "(expected: another file than that of --json)",
        "--shape=1x8",
        "--json=" + same,
        "--report=" + folder.resolve("./same"));
  }

  @Test
  void outputFile_thatIsTried_staysAsItWas() throws IOException {
    Path old = Files.writeString(folder.resolve("old"), "text");
    assertThat(OutputFile.isWritable(old)).isTrue();
    assertThat(old).hasContent("text");
    assertThat(OutputFile.isWritable(folder.resolve("new"))).isTrue();
    assertThat(folder.resolve("new")).doesNotExist();
  }

  private void assertUsage(String message, String... more) {
    CliRun run = bench(more);
    assertThat(run.status()).isEqualTo(ExitCodes.USAGE);
    assertThat(run.err()).contains(message);
  }

  @Test
  void bench_optionsThatMakeNoSense_areRefused() {
    assertUsage("Missing required option: '--shape", "--callers=1");
    assertUsage("(expected: [NAME=]1x512[:DTYPE], rows first)", "--shape=x8");
    assertUsage("no dtype float33", "--shape=1x8:float33");
    assertUsage("--callers: [0] (expected: 1..4096)", "--shape=1x8", "--callers=0");
    assertUsage("--client: none (expected: blocking or async)", "--shape=1x8", "--client=none");
    assertUsage("--duration: 3 (expected: 500ms, 3s)", "--shape=1x8", "--duration=3");
    assertUsage("--duration: 0s (expected: more than 0)", "--shape=1x8", "--duration=0s");
    assertUsage("--rate: -1.0 (expected: more than 0)", "--shape=1x8", "--rate=-1");
    assertUsage("--rows: 0", "--shape=1x8", "--rows=0");
    assertUsage("--rounds: 0", "--shape=1x8", "--rounds=0");
  }

  @Test
  void bench_inputsThatDoNotFit_areToldBeforeAnythingIsMeasured() {
    CliRun run = bench("--shape=1x9", "--strategies=threads");
    assertThat(run.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err()).contains("mps-parallel: ");
    CliRun other = bench("--shape=1x8", "--strategies=nosuch");
    assertThat(other.status()).isEqualTo(ExitCodes.FAILED);
    assertThat(other.err()).contains("NOT_INSTALLED: strategy: 'nosuch'");
  }
}
