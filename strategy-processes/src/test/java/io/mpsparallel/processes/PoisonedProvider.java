package io.mpsparallel.processes;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendProvider;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.tensor.Tensor;
import io.mpsparallel.testing.FakeBackend;
import java.util.concurrent.CompletableFuture;

/**
 * A fake engine that worker processes find by its id, with a GPU that one value makes unusable for
 * good: its model {@code lookup} squares, and 13 is out of range. Any thread.
 */
public final class PoisonedProvider implements BackendProvider {
  static final String ID = "poisoned";
  static final int POISON = 13;

  /** For {@link java.util.ServiceLoader}. */
  public PoisonedProvider() {}

  @Override
  public String id() {
    return ID;
  }

  @Override
  public Backend open(BackendSettings settings) {
    CompletableFuture<FakeBackend> opened = new CompletableFuture<>();
    FakeBackend backend =
        FakeBackend.builder()
            .settings(settings)
            .asynchronous()
            .model("lookup", in -> lookUp(in, opened.join()))
            .build();
    opened.complete(backend);
    return backend;
  }

  private static NamedTensors lookUp(NamedTensors inputs, FakeBackend backend) {
    float value = inputs.get(0).toFloatArray()[0];
    if (value == POISON) {
      InferenceException failure =
          new InferenceException(ErrorCode.DEVICE_FAILED, "device-side assert");
      backend.faults().breakForGood(Device.cuda(0), failure);
      throw failure;
    }
    return NamedTensors.of(Tensor.of(new float[] {value * value}, 1));
  }
}
