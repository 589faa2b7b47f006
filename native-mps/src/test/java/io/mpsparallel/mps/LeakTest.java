package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.InferenceExecutorBuilder;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Device;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.work.InferenceResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many inferences hold memory flat: nothing native waits for the garbage collector. */
class LeakTest {
  private static final int STEP = 25_000;
  private static final int SETTLED = 2;
  private static final long LIMIT = 8 << 20;

  @TempDir Path directory;

  /** One inference. */
  private interface Inference {
    InferenceResult run(Tensor x);
  }

  @ParameterizedTest
  @ValueSource(strings = {"infer", "submit", "device"})
  void memory_over100000Inferences_isFlat(String way) {
    ChildProcess.Ended ended = ChildProcess.run(directory, Child.class, way, directory.toString());
    ended.lines().forEach(System.out::println);
    assertThat(ended.exitCode()).as(ended.text()).isZero();
    assertThat(ended.text()).contains(way + " after 150000");
  }

  /** In a process of its own, whose heap is touched at its start. */
  static final class Child {
    private final Path directory;

    private Child(Path directory) {
      this.directory = directory;
    }

    public static void main(String[] arguments) {
      Child child = new Child(Path.of(arguments[1]));
      switch (arguments[0]) {
        case "infer" -> child.infer();
        case "submit" -> child.submit();
        default -> child.onTheWayOfGpus();
      }
    }

    private void infer() {
      try (InferenceExecutor executor = InferenceExecutor.builder().build();
          LoadedModel model = load(executor)) {
        assertFlat("infer", model::infer);
      }
    }

    private void submit() {
      try (InferenceExecutor executor = InferenceExecutor.builder().build();
          LoadedModel model = load(executor)) {
        assertFlat("submit", x -> model.submit(x.share()).join());
      }
    }

    private void onTheWayOfGpus() {
      TorchRuntime runtime = TorchRuntime.load();
      ScriptedDriver driver = new ScriptedDriver(4);
      try (TorchBackend backend =
          new TorchBackend(
              runtime, BackendSettings.DEFAULTS, DeviceFinder.look(), (d, s) -> driver.device(s))) {
        InferenceExecutorBuilder builder = InferenceExecutor.builder().backend(backend);
        try (InferenceExecutor executor = builder.build();
            LoadedModel model = load(executor)) {
          assertThat(executor.device()).isEqualTo(Device.CPU);
          assertFlat("device", model::infer);
          assertThat(driver.openEvents).hasValueLessThan(10);
          assertThat(driver.openBlocks).hasValueLessThan(10);
        }
      }
      assertThat(driver.violations).isEmpty();
      assertThat(driver.openEvents).hasValue(0);
      assertThat(driver.openBlocks).hasValue(0);
    }

    private LoadedModel load(InferenceExecutor executor) {
      return executor.load(ScriptModels.mlp(directory.resolve("leak.pt"), 1, 16, 32, 4));
    }
  }

  /** 100,000 inferences, after 50,000 for pools and the JIT compiler to find their sizes. */
  private static void assertFlat(String how, Inference inference) {
    long settled = 0;
    long pointers = 0;
    for (int step = 0; step <= SETTLED + 4; step++) {
      System.out.printf(
          "%s after %d: resident %d KiB, JavaCPP %d bytes in %d pointers%n",
          how, step * STEP, resident() / 1024, Pointer.totalBytes(), Pointer.totalCount());
      if (step == SETTLED) {
        settled = resident();
        pointers = Pointer.totalCount();
      }
      for (int i = 0; step < SETTLED + 4 && i < STEP; i++) {
        try (Tensor x = Tensor.of(new float[16], 1, 16);
            InferenceResult result = inference.run(x)) {
          result.tensor().spec();
        }
      }
    }
    assertThat(Pointer.totalCount() - pointers).as("JavaCPP pointers").isLessThan(100);
    assertThat(resident() - settled).as("growth of resident memory").isLessThan(LIMIT);
  }

  /** The resident set; 0 where the system does not say. */
  private static long resident() {
    try {
      Path statm = Path.of("/proc/self/statm");
      return Files.isReadable(statm)
          ? Long.parseLong(Files.readString(statm).split(" ", 3)[1]) * 4096
          : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
