package io.mpsparallel.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.Slot;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What a subclass of {@link BackendContract} supplies, and what its tests share. */
abstract class ContractBase extends ContractSupport {
  /** Opened before each test and closed after it. */
  protected Backend backend;

  /** The device under test. */
  protected Device device;

  /**
   * Opens the backend under test.
   *
   * @param settings how
   * @return the backend, which the suite closes
   */
  protected abstract Backend open(BackendSettings settings);

  /**
   * Which device to test.
   *
   * @param opened the backend
   * @return one of its devices; the first, unless overridden
   */
  protected Device deviceUnderTest(Backend opened) {
    return opened.devices().get(0);
  }

  @BeforeEach
  void openBackend() {
    backend = open(BackendSettings.DEFAULTS);
    device = deviceUnderTest(backend);
  }

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  /** Closes the backend and opens it with another pool of streams. */
  void reopen(StreamSettings streams) {
    backend.close();
    backend = open(BackendSettings.DEFAULTS.withStreams(streams));
    device = deviceUnderTest(backend);
  }

  Capabilities facts() {
    return backend.capabilities(device);
  }

  Model load(ContractModel kind) {
    return backend.load(model(kind, directory), device);
  }

  Model loadSlow(int loops) {
    return backend.load(slowModel(loops, directory), device);
  }

  /** One forward from inputs to outputs with a slot of its own. */
  @SuppressWarnings("try") // the scope is left, not read
  NamedTensors forward(Model model, Stream stream, Tensor... inputs) {
    try (Slot slot = model.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      return forwardInside(slot, stream, NamedTensors.of(inputs));
    }
  }

  /** One forward, for a thread that is inside the stream. */
  NamedTensors forwardInside(Slot slot, Stream stream, NamedTensors inputs) {
    slot.bind(inputs);
    try (Event done = stream.run(List.of(slot))) {
      done.await(PATIENCE);
    }
    return slot.takeOutputs();
  }

  /** Squares a value that tells thread and iteration apart, and checks the answer. */
  void squareOnce(Slot slot, Stream stream, int thread, int iteration) {
    float value = 1 + thread * 7 + iteration % 100;
    try (Tensor x = Tensor.of(new float[] {value, -value, 0.5f}, 1, 3);
        NamedTensors outputs = forwardInside(slot, stream, NamedTensors.of(x))) {
      assertThat(outputs.get(0).toFloatArray())
          .containsExactly(value * value, value * value, 0.25f);
    }
  }

  /** Takes a stream, squares some values on it, and gives it back. */
  @SuppressWarnings("try") // the scope is left, not read
  void squareOnOwnStream(Model square, int thread, int times) {
    try (Stream stream = backend.acquireStream(device);
        Slot slot = square.newSlot(stream);
        Stream.Scope inside = stream.enter()) {
      for (int i = 0; i < times; i++) {
        squareOnce(slot, stream, thread, i);
      }
    }
  }
}
