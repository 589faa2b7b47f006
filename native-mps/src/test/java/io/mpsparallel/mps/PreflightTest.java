package io.mpsparallel.mps;

import static io.mpsparallel.mps.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class PreflightTest {
  private static final String CPU = "/opt/a/libtorch_cpu.so";

  @TempDir Path directory;

  @Test
  void torchLibraries_findsTheRealOnesAlone() {
    List<String> files =
        List.of(
            CPU,
            "/opt/a/libc10.so",
            "/opt/a/libtorch.2.dylib",
            "/opt/a/libtorch_cuda.so.2.10",
            "/opt/a/libjnitorch.so",
            "/opt/a/libtorch_python.so",
            "/opt/libtorch_cpu.so/readme.txt",
            "/usr/lib/libc.so.6");
    assertThat(Preflight.torchLibraries(files)).containsExactlyElementsOf(files.subList(0, 4));
    assertThat(Preflight.interesting(files)).contains(CPU, "/opt/a/libjnitorch.so");
    assertThat(Preflight.interesting(files)).doesNotContain("/usr/lib/libc.so.6");
  }

  @Test
  void isLoadedTwice_asksForTwoFolders() {
    assertThat(Preflight.isLoadedTwice(Set.of(CPU, "/opt/a/libc10.so"))).isFalse();
    assertThat(Preflight.isLoadedTwice(Set.of(CPU, "/opt/b/libc10.so"))).isFalse();
    assertThat(Preflight.isLoadedTwice(Set.of(CPU, "/opt/b/libtorch_cpu.so"))).isTrue();
    assertThat(Preflight.isLoadedTwice(Set.of())).isFalse();
  }

  @Test
  void refuseForeignTorch_namesIt() {
    assertFails(
            ErrorCode.NATIVE_UNAVAILABLE,
            () -> Preflight.refuseForeignTorch(List.of(CPU), file -> false))
        .contains(CPU, "abort", "process of its own");
    Preflight.refuseForeignTorch(List.of("/usr/lib/libc.so.6"), file -> false);
    Preflight.refuseForeignTorch(List.of(CPU), CPU::equals);
  }

  @Test
  void presetsTouchedBefore_areOurs() throws Exception {
    ChildProcess.Ended ended = ChildProcess.run(directory, TouchesPresetsFirst.class);
    assertThat(ended.exitCode()).as(ended.text()).isZero();
    assertThat(ended.text()).contains("opened, 2.10.0", "maxPhysicalBytes is");
  }

  /** Child: other code used the presets before this library was asked for. */
  static final class TouchesPresetsFirst {
    public static void main(String[] arguments) {
      org.bytedeco.pytorch.global.torch.get_num_threads();
      try (TorchBackend backend = TorchBackend.open(BackendSettings.DEFAULTS)) {
        System.out.println("opened, " + backend.report().facts().get("libtorch"));
        backend.report().problems().forEach(System.out::println);
      }
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void foreignTorchInTheProcess_isRefusedAndNothingAborts() throws Exception {
    Path small = Path.of(System.getProperty("java.home"), "lib", "libextnet.so");
    Path fake = Files.copy(small, directory.resolve("libtorch_cpu.so"));
    ChildProcess.Ended ended = ChildProcess.run(directory, Opens.class, fake.toString());
    assertThat(ended.exitCode()).as(ended.text()).isZero();
    assertThat(ended.text()).contains("NATIVE_UNAVAILABLE twice", fake.toString());
  }

  /** A child's main class: loads a library, then opens the backend. */
  static final class Opens {
    private Opens() {}

    public static void main(String[] arguments) {
      System.load(arguments[0]);
      String first = code();
      System.out.println(first.equals(code()) ? first + " twice" : "differs");
    }

    private static String code() {
      try {
        TorchBackend.open(BackendSettings.DEFAULTS).close();
        return "opened";
      } catch (InferenceException e) {
        System.out.println(e.getMessage());
        return e.code().name();
      }
    }
  }
}
