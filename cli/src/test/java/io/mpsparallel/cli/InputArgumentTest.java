package io.mpsparallel.cli;

import static io.mpsparallel.cli.NpyGoldenTest.golden;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.tensor.NamedTensors;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class InputArgumentTest {
  @ParameterizedTest
  @CsvSource({
    "x.npy, , x.npy, ",
    "x=in.npy, x, in.npy, ",
    "pair.0=in.npy, pair.0, in.npy, ",
    "mlp.npz[b1_in_x], , mlp.npz, b1_in_x",
    "x=a/mlp.npz[b1_in_x], x, a/mlp.npz, b1_in_x",
    "all.npz, , all.npz, ",
    "./a=b.npy, , ./a=b.npy, ",
    "x=a=b.npy, x, a=b.npy, ",
    "in[1].npy, , in[1].npy, ",
    "a.npz[k].npz[x[0]], , a.npz[k].npz, x[0]"
  })
  void text_ofEachForm_isTakenApart(String text, String name, Path file, String key) {
    assertThat(InputArgument.parse(text)).isEqualTo(new InputArgument(name, file, key));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "x=", "x=in.txt", "in.npz[]", "in.npy[key]", "=in.txt"})
  void text_ofNoForm_isRefused(String text) {
    assertThatThrownBy(() -> InputArgument.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "' (expected: [NAME=]FILE.npy");
  }

  @Test
  void name_forAWholeFile_asksForAKey() {
    assertThatThrownBy(() -> InputArgument.parse("x=in.npz"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: x=in.npz[KEY])");
  }

  @Test
  void wholeFile_withNames_givesNamedInputs() {
    try (NamedTensors all = read(golden("numpy_stored.npz").toString())) {
      assertThat(all.names()).contains("vector", "scalar", "f4_big");
      assertThat(all.size()).isEqualTo(all.names().size());
    }
  }

  @Test
  void wholeFile_ofPositionalArrays_givesPositionalInputs() {
    try (NamedTensors all = read(golden("numpy_positional.npz").toString())) {
      assertThat(all.names()).isEmpty();
      assertThat(all.get(0).toFloatArray()).containsExactly(0, 1, 2);
      assertThat(all.get(1).toLongArray()).containsExactly(0, 1);
    }
  }

  @Test
  void severalArguments_named_keepTheirOrder() {
    String npz = golden("numpy_stored.npz").toString();
    try (NamedTensors all =
        read("b=" + npz + "[vector]", "a=" + golden("version1.npy"), "c=" + npz + "[scalar]")) {
      assertThat(all.names()).containsExactly("b", "a", "c");
      assertThat(all.get("a").shape()).containsExactly(2, 3);
    }
  }

  @Test
  void someNamed_othersNot_isRefused() {
    String npy = golden("version1.npy").toString();
    assertThatThrownBy(() -> read(npy, "x=" + npy))
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining("only [x] of 2 have names (expected: all or none)");
  }

  @Test
  void sameName_twice_isRefused() {
    String npy = golden("version1.npy").toString();
    assertThatThrownBy(() -> read("x=" + npy, "x=" + npy))
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining("doubles");
  }

  private static NamedTensors read(String... arguments) {
    return InputArgument.read(Stream.of(arguments).map(InputArgument::parse).toList());
  }

  @Test
  void noArgument_givesNoTensor() {
    assertThat(InputArgument.read(List.of()).size()).isZero();
  }
}
