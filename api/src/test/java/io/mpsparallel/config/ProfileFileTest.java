package io.mpsparallel.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.config.ProfileFile.Measurement;
import io.mpsparallel.config.ProfileFile.ModelPart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProfileFileTest {
  @TempDir Path folder;

  @Test
  void profile_writtenAndRead_isTheSame() {
    ProfileFile profile =
        new ProfileFile(
            Map.of("machine", "a \"quoted\" one", "date", "2026-11-29"),
            List.of(
                new ModelPart(
                    "mlp.pt", "00ff", List.of(new Measurement("threads", 2048, 16, 8035.25))),
                new ModelPart("none.pt", "", List.of())));
    Path file = folder.resolve("profile.json");
    profile.write(file);
    assertThat(ProfileFile.read(file)).isEqualTo(profile);
  }

  @ParameterizedTest
  @CsvSource({
    "choice, \"nosuch\"",
    "bytes, -1",
    "callers, 0",
    "callers, \"many\"",
    "rows-per-second, 0",
  })
  void profile_withABadValue_isRefusedWithFileAndLine(String key, String value) throws IOException {
    String good =
        """
        models = [ { name = mlp.pt, measured = [ {
          choice = threads
          bytes = 1
          callers = 1
          rows-per-second = 1
        } ] } ]
        """;
    Path file = Files.writeString(folder.resolve("good.conf"), good);
    assertThat(ProfileFile.read(file).models()).hasSize(1);

    String bad = good.replaceFirst(key + " = .*", key + " = " + value);
    Path broken = Files.writeString(folder.resolve("broken.conf"), bad);
    int line = bad.substring(0, bad.indexOf(key + " =")).split("\n", -1).length;
    assertThatThrownBy(() -> ProfileFile.read(broken))
        .hasMessageStartingWith("CONFIG_INVALID: adaptive.profile: " + broken)
        .hasMessageContaining("broken.conf: " + line)
        .hasMessageContaining(key);
  }

  @Test
  void profile_thatIsMissingOrNoProfile_isRefused() throws IOException {
    Path missing = folder.resolve("missing.json");
    assertThatThrownBy(() -> ProfileFile.read(missing))
        .hasMessageStartingWith("CONFIG_INVALID: adaptive.profile: " + missing);
    Path other = Files.writeString(folder.resolve("other.json"), "{ \"facts\": 1 }");
    assertThatThrownBy(() -> ProfileFile.read(other)).hasMessageContaining("models");
  }
}
