package io.mpsparallel.mps;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.InferenceExecutor;
import io.mpsparallel.LoadedModel;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.IntFunction;

/**
 * A child's main class: a hundred thousand inferences hold native memory flat, and nothing is left
 * when the backend is closed.
 */
final class ManyInferences {
  private static final int FEATURES = 16;
  private static final int MAX_ROWS = 64;
  private static final int SLOTS = 20; // in one run, so that the wait for the event is shared

  private final Path directory;

  private ManyInferences(Path directory) {
    this.directory = directory;
  }

  /** One inference with an input that stays the caller's. */
  private interface Inference {
    void run(LoadedModel model, Tensor x);
  }

  /**
   * Runs one way.
   *
   * @param arguments the way, and a directory to write to
   */
  public static void main(String[] arguments) {
    new ManyInferences(Path.of(arguments[1])).run(arguments[0]);
    System.out.println("flat: " + arguments[0]);
  }

  private void run(String way) {
    switch (way) {
      case "infer" -> sameInput(way);
      case "infer-fresh" -> onTheHost(way, number -> rows(1), ManyInferences::infer);
      case "infer-rows" -> onTheHost(way, ManyInferences::varyingRows, ManyInferences::infer);
      case "submit" -> onTheHost(way, number -> rows(1), ManyInferences::submit);
      case "device-rows" -> onADevice(way, ManyInferences::varyingRows);
      default -> throw new IllegalArgumentException(way);
    }
  }

  private void sameInput(String way) {
    try (Tensor same = rows(1)) {
      onTheHost(way, number -> same.share(), ManyInferences::infer);
    }
  }

  private static void submit(LoadedModel model, Tensor x) {
    model.submit(x.share()).join().close();
  }

  private static void infer(LoadedModel model, Tensor x) {
    model.infer(x).close();
  }

  private static Tensor rows(int rows) {
    return Tensor.of(new float[rows * FEATURES], rows, FEATURES);
  }

  private static Tensor varyingRows(int number) {
    return rows(1 + number % MAX_ROWS);
  }

  private void onTheHost(String how, IntFunction<Tensor> inputs, Inference inference) {
    TorchRuntime.load();
    List<TorchDevice> opened = new ArrayList<>();
    long before = NativeMemory.pointers();
    try (TorchBackend backend = backend(opened, DeviceFinder.look()::open);
        InferenceExecutor executor = InferenceExecutor.builder().backend(backend).build();
        LoadedModel model = executor.load(mlp())) {
      new NativeMemory(how, opened.get(0))
          .assertFlat(
              1,
              number -> {
                try (Tensor x = inputs.apply(number)) {
                  inference.run(model, x);
                }
              });
    }
    assertNothingOpen(opened, before);
  }

  private Path mlp() {
    return ScriptModels.mlp(directory.resolve("leak.pt"), 1, FEATURES, 32, 4);
  }

  private static TorchBackend backend(
      List<TorchDevice> opened, BiFunction<Device, BackendSettings, TorchDevice> opener) {
    return new TorchBackend(
        TorchRuntime.load(),
        BackendSettings.DEFAULTS,
        DeviceFinder.look(),
        (device, settings) -> {
          TorchDevice made = opener.apply(device, settings);
          opened.add(made);
          return made;
        });
  }

  private static void assertNothingOpen(List<TorchDevice> opened, long pointersBefore) {
    assertThat(opened)
        .singleElement()
        .satisfies(
            device -> {
              assertThat(device.events().inUse()).as("open events").isZero();
              assertThat(device.buffers().usedBytes()).as("lent staging bytes").isZero();
              assertThat(device.buffers().cachedBytes()).as("kept staging bytes").isZero();
            });
    assertThat(NativeMemory.pointers() - pointersBefore).as("JavaCPP pointers").isLessThan(20);
  }

  @SuppressWarnings("try") // the scope is left, not read
  private void onADevice(String how, IntFunction<Tensor> inputs) {
    TorchRuntime.load();
    ScriptedDriver driver = new ScriptedDriver(4);
    List<TorchDevice> opened = new ArrayList<>();
    long before = NativeMemory.pointers();
    try (TorchBackend backend = backend(opened, (device, settings) -> driver.device(settings));
        Model model = backend.load(ModelSource.of(mlp()), Device.CPU);
        Stream stream = backend.acquireStream(Device.CPU);
        Stream.Scope inside = stream.enter()) {
      List<Slot> slots = slots(model, stream);
      new NativeMemory(how, opened.get(0))
          .assertFlat(SLOTS, number -> run(stream, slots, inputs, number));
      slots.forEach(Slot::close);
    }
    assertNothingOpen(opened, before);
    assertThat(driver.openEvents).hasValue(0);
    assertThat(driver.openBlocks).hasValue(0);
    assertThat(driver.violations).isEmpty();
  }

  private static List<Slot> slots(Model model, Stream stream) {
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < SLOTS; i++) {
      slots.add(model.newSlot(stream));
    }
    return slots;
  }

  private static void run(Stream stream, List<Slot> slots, IntFunction<Tensor> inputs, int number) {
    List<Tensor> given = new ArrayList<>(slots.size());
    for (Slot slot : slots) {
      Tensor x = inputs.apply(number + given.size());
      given.add(x);
      slot.bind(NamedTensors.of(x));
    }
    try (Event done = stream.run(slots)) {
      done.await(Duration.ofSeconds(30));
      slots.forEach(slot -> slot.takeOutputs().close());
    }
    given.forEach(Tensor::close);
  }
}
