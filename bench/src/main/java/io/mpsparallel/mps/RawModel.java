package io.mpsparallel.mps;

import java.nio.file.Path;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.global.torch;

/**
 * A model of loops that are written by hand over the presets: loaded on the CPU, in evaluation
 * mode, moved to its device and frozen, in this order. Any thread may run it; threads share the
 * weights. Whoever makes it closes it, after the lanes.
 */
public final class RawModel implements AutoCloseable {
  private final Device device;
  private final JitModule loaded;
  private final JitModule frozen;

  /**
   * Loads a model.
   *
   * @param file the model, in TorchScript
   * @param device where it runs: {@code cpu} or {@code cuda:N}
   */
  public RawModel(Path file, String device) {
    TorchRuntime.load();
    this.device = new Device(device);
    loaded = torch.load(file.toString());
    loaded.eval();
    loaded.to(this.device);
    frozen = torch.freeze(loaded);
  }

  Device device() {
    return device;
  }

  boolean isOnGpu() {
    return device.is_cuda();
  }

  byte deviceIndex() {
    return (byte) Math.max(0, device.index());
  }

  /** Runs or encodes one forward on the calling thread. */
  IValue forward(IValueVector arguments) {
    return frozen.forward(arguments);
  }

  @Override
  public void close() {
    frozen.deallocate();
    loaded.deallocate();
    device.deallocate();
  }
}
