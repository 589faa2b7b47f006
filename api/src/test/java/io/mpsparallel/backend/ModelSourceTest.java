package io.mpsparallel.backend;

import static io.mpsparallel.error.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelSourceTest {
  /** SHA-256 of "abc": FIPS 180-2, appendix B.1. */
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  private static final Signature DECLARED =
      new Signature(List.of(InputSpec.named("x")), List.of("y"));

  private static final WarmUp WARM_UP = WarmUp.of(List.of(Map.of("x", new long[] {1, 2})));

  private static final Padding PADDING = Padding.to(8).input("x", 1, 0).output("y", 1);

  @TempDir Path directory;

  @Test
  void digest_knownContent_isItsSha256() throws IOException {
    ModelSource source = ModelSource.of(Files.writeString(directory.resolve("m.pt"), "abc"));
    assertThat(source.digest()).isEqualTo(ABC);
  }

  @Test
  void digest_fileChangedAfterTheFirstCall_staysTheSame() throws IOException {
    Path file = Files.writeString(directory.resolve("m.pt"), "abc");
    ModelSource source = ModelSource.of(file);
    assertThat(source.digest()).isEqualTo(ABC);
    Files.writeString(file, "abd");
    assertThat(source.digest()).isEqualTo(ABC);
    assertThat(ModelSource.of(file).digest()).isNotEqualTo(ABC);
  }

  @Test
  void digest_missingFile_isATypedError() {
    Path missing = directory.resolve("none.pt");
    ModelSource source = ModelSource.of(missing);
    assertFails(ErrorCode.MODEL_NOT_FOUND, source::digest, missing + ": cannot be read");
  }

  @Test
  void digest_directory_isATypedError() {
    ModelSource source = ModelSource.of(directory);
    assertFails(ErrorCode.MODEL_NOT_FOUND, source::digest, "cannot be read");
  }

  @Test
  void of_relativePath_becomesAbsolute() {
    ModelSource source = ModelSource.of(Path.of("a", "..", "m.pt"));
    assertThat(source.path()).isEqualTo(Path.of("m.pt").toAbsolutePath());
    assertThat(source).hasToString(Path.of("m.pt").toAbsolutePath().toString());
    assertThat(source.declared()).isSameAs(Signature.UNKNOWN);
    assertThatThrownBy(() -> ModelSource.of(null)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void of_onlyAPath_warmsNothingUp() {
    assertThat(ModelSource.of(Path.of("m.pt")).warmUp()).isSameAs(WarmUp.NONE);
  }

  @Test
  void padding_isOneMoreDeclaration() {
    ModelSource source = ModelSource.of(Path.of("m.pt"));
    assertThat(source.padding()).isSameAs(Padding.NONE);
    ModelSource all = source.padding(PADDING).declaring(DECLARED).warmingUp(WARM_UP);
    assertThat(all.padding()).isEqualTo(PADDING);
    assertThat(all)
        .isEqualTo(source.declaring(DECLARED).warmingUp(WARM_UP).padding(PADDING))
        .hasSameHashCodeAs(source.declaring(DECLARED).warmingUp(WARM_UP).padding(PADDING))
        .isNotEqualTo(source.declaring(DECLARED).warmingUp(WARM_UP));
    assertThat(all.at(Path.of("n.ff")).padding()).isEqualTo(PADDING);
    assertThatThrownBy(() -> source.padding(null)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void declaring_andWarmingUp_keepEachOther() {
    ModelSource source = ModelSource.of(Path.of("m.pt"));
    ModelSource both = source.declaring(DECLARED).warmingUp(WARM_UP);
    assertThat(both.declared()).isEqualTo(DECLARED);
    assertThat(both.warmUp()).isEqualTo(WARM_UP);
    assertThat(both)
        .isEqualTo(source.warmingUp(WARM_UP).declaring(DECLARED))
        .hasSameHashCodeAs(source.warmingUp(WARM_UP).declaring(DECLARED))
        .isNotEqualTo(source.declaring(DECLARED));
    assertThatThrownBy(() -> source.warmingUp(null)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void at_otherFile_keepsWhatWasDeclared() {
    ModelSource source = ModelSource.of(Path.of("m.pt")).declaring(DECLARED).warmingUp(WARM_UP);
    assertThat(source.at(Path.of("a/../n.ff")))
        .isEqualTo(ModelSource.of(Path.of("n.ff")).declaring(DECLARED).warmingUp(WARM_UP));
  }

  @Test
  void equals_pathAndDeclaration_count() {
    ModelSource source = ModelSource.of(Path.of("m.pt"));
    ModelSource declaring = source.declaring(DECLARED);
    assertThat(source)
        .isEqualTo(ModelSource.of(Path.of("a/../m.pt")))
        .hasSameHashCodeAs(ModelSource.of(Path.of("m.pt")))
        .isNotEqualTo(ModelSource.of(Path.of("n.pt")))
        .isNotEqualTo(declaring)
        .isNotEqualTo(null);
    assertThat(declaring).isEqualTo(ModelSource.of(Path.of("m.pt")).declaring(DECLARED));
    assertThat(declaring.declared()).isSameAs(DECLARED);
    assertThat(declaring.path()).isEqualTo(source.path());
  }
}
