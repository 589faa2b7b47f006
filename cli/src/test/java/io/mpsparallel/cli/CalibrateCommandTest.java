package io.mpsparallel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.config.ProfileFile;
import io.mpsparallel.config.ProfileFile.Measurement;
import io.mpsparallel.mps.ScriptModels;
import io.mpsparallel.settings.AdaptiveSettings;
import io.mpsparallel.settings.ExecutorSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code calibrate} with libtorch. */
@Timeout(120)
final class CalibrateCommandTest {
  @TempDir Path folder;

  private Path model() {
    return ScriptModels.mlp(folder.resolve("mlp.pt"), 7, 8, 16, 4);
  }

  private static CliRun calibrate(Path model, String... more) {
    List<String> all = new ArrayList<>(List.of("calibrate", model.toString()));
    all.addAll(List.of(more));
    return CliRun.of(Engines.INSTALLED, all.toArray(String[]::new));
  }

  @Test
  void calibrate_writesAFigureForEachCellAndChoice() {
    Path out = folder.resolve("out.json");
    CliRun run =
        calibrate(
            model(),
            "--shape=x=8",
            "--rows=1,64",
            "--callers=1,16",
            "--choices=threads,batching",
            "--seconds=0.02",
            "--out=" + out);

    assertThat(run.err()).contains("6 of 6");
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("threads, rows/s").contains("written to " + out);
    ProfileFile profile = ProfileFile.read(out);
    assertThat(profile.facts()).containsKeys("jdk", "cpus", "date", "libtorch");
    assertThat(profile.models()).hasSize(1);
    assertThat(profile.models().get(0).name()).isEqualTo("mlp.pt");
    assertThat(profile.models().get(0).digest()).hasSize(64);
    List<Measurement> measured = profile.models().get(0).measured();
    assertThat(measured).hasSize(6); // 64 x 16 rows are too many
    assertThat(measured).extracting(Measurement::bytes).containsOnly(32L, 2048L);
    assertThat(measured).extracting(Measurement::choice).containsOnly("threads", "batching");
    assertThat(measured).allMatch(each -> each.rowsPerSecond() > 0);
  }

  private static void openAdaptive(Path profile) {
    Engines.INSTALLED
        .executor(
            ExecutorSettings.DEFAULTS
                .withStrategy("adaptive")
                .withAdaptive(AdaptiveSettings.DEFAULTS.withProfile(profile.toString())))
        .close();
  }

  @Test
  void adaptive_readsWhatCalibrateWrote_andRefusesWhatIsDamaged() throws IOException {
    Path out = folder.resolve("out.json");
    String[] little = {"--shape=x=8", "--rows=1", "--callers=4", "--seconds=0.02"};
    List<String> options = new ArrayList<>(List.of(little));
    options.addAll(List.of("--choices=threads,batching", "--out=" + out));
    assertThat(calibrate(model(), options.toArray(String[]::new)).status()).isZero();
    openAdaptive(out);

    String damaged = Files.readString(out).replace("\"callers\" : 4", "\"callers\" : 0");
    Files.writeString(out, damaged);
    assertThatThrownBy(() -> openAdaptive(out))
        .hasMessageStartingWith("CONFIG_INVALID: adaptive.profile: " + out)
        .hasMessageContaining("callers");
  }

  @Test
  void calibrate_nonsense_isRefused() {
    Path file = folder.resolve("mlp.pt");
    assertThat(calibrate(file, "--shape=x=8", "--rows=0").status()).isEqualTo(ExitCodes.USAGE);
    assertThat(calibrate(file, "--shape=x=8x").err()).contains("--shape: x=8x (expected: ");
    assertThat(calibrate(file, "--shape=x=8", "--choices=nosuch").err())
        .contains("--choices: nosuch (expected: some of [threads, batching, processes, ");
    assertThat(calibrate(file).err()).contains("--shape");
    assertThat(calibrate(file, "--shape=x=8").err()).contains("MODEL_NOT_FOUND");
  }
}
