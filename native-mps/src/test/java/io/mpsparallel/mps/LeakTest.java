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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many inferences hold memory flat: nothing native waits for the garbage collector. */
class LeakTest {
  private static final int QUARTER = 25_000;
  private static final long MIB = 1 << 20;

  @TempDir Path directory;

  /** One inference. */
  private interface Inference {
    InferenceResult run(Tensor x);
  }

  @Test
  void infer_onTheCallersThread_isFlat() {
    try (InferenceExecutor executor = InferenceExecutor.builder().build();
        LoadedModel model = load(executor)) {
      assertFlat("infer", 8 * MIB, model::infer);
    }
  }

  @Test
  void submit_isFlat() {
    try (InferenceExecutor executor = InferenceExecutor.builder().build();
        LoadedModel model = load(executor)) {
      assertFlat("submit", 8 * MIB, x -> model.submit(x.share()).join());
    }
  }

  @Test
  void infer_onTheWayOfGpus_isFlatAndLeavesNothing() {
    TorchRuntime runtime = TorchRuntime.load();
    ScriptedDriver driver = new ScriptedDriver(4);
    try (TorchBackend backend =
        new TorchBackend(
            runtime, BackendSettings.DEFAULTS, DeviceFinder.look(), (d, s) -> driver.device(s))) {
      InferenceExecutorBuilder builder = InferenceExecutor.builder().backend(backend);
      try (InferenceExecutor executor = builder.build();
          LoadedModel model = load(executor)) {
        assertThat(executor.device()).isEqualTo(Device.CPU);
        assertFlat("device", 8 * MIB, model::infer);
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

  /** The first quarter is for pools, the code cache and the heap to find their sizes. */
  private static void assertFlat(String how, long limit, Inference inference) {
    long settled = 0;
    long pointers = 0;
    for (int quarter = 0; quarter <= 4; quarter++) {
      System.out.printf(
          "%s after %d: resident %d KiB, JavaCPP %d bytes in %d pointers%n",
          how, quarter * QUARTER, resident() / 1024, Pointer.totalBytes(), Pointer.totalCount());
      if (quarter == 1) {
        settled = resident();
        pointers = Pointer.totalCount();
      }
      for (int i = 0; quarter < 4 && i < QUARTER; i++) {
        try (Tensor x = Tensor.of(new float[16], 1, 16);
            InferenceResult result = inference.run(x)) {
          result.tensor().spec();
        }
      }
    }
    assertThat(Pointer.totalCount() - pointers).as("JavaCPP pointers").isLessThan(100);
    assertThat(resident() - settled).as("growth of resident memory").isLessThan(limit);
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
