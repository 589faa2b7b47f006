package io.mpsparallel.mps;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.BackendReport;
import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Event;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Stream;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.ThreadSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.ExtraFilesMap;

/**
 * libtorch's devices on this machine. Devices are looked for when the backend is opened, and opened
 * themselves when they are first used. Any thread.
 */
final class TorchBackend implements Backend {
  private final TorchRuntime runtime;
  private final DeviceFinder finder;
  private final BiFunction<Device, BackendSettings, TorchDevice> opener;
  private final Map<Device, TorchDevice> opened = new LinkedHashMap<>(); // guarded by this
  private BackendSettings settings; // guarded by this; how devices are opened from now on
  private boolean closed; // guarded by this

  /** A backend that opens devices in its own way. */
  TorchBackend(
      TorchRuntime runtime,
      BackendSettings settings,
      DeviceFinder finder,
      BiFunction<Device, BackendSettings, TorchDevice> opener) {
    this.runtime = runtime;
    this.settings = settings;
    this.finder = finder;
    this.opener = opener;
  }

  static TorchBackend open(BackendSettings settings) {
    TorchRuntime runtime = TorchRuntime.load();
    DeviceFinder finder = DeviceFinder.look();
    TorchBackend backend = new TorchBackend(runtime, settings, finder, finder::open);
    backend.useThreads(settings.threads());
    return backend;
  }

  @Override
  public String id() {
    return TorchBackendProvider.ID;
  }

  @Override
  public List<Device> devices() {
    return finder.devices();
  }

  @Override
  public Capabilities capabilities(Device device) {
    return device(device).driver().capabilities();
  }

  /** The device, opened if it was not; the first touch of a GPU is on one thread. */
  private synchronized TorchDevice device(Device device) {
    checkOpen();
    TorchDevice known = opened.get(requireNonNull(device, "device"));
    if (known == null) {
      known = opener.apply(device, settings);
      opened.put(device, known);
    }
    return known;
  }

  private void checkOpen() {
    if (closed) {
      throw new InferenceException(ErrorCode.CLOSED, "the backend was closed");
    }
  }

  private synchronized BackendSettings settings() {
    return settings;
  }

  @Override
  public Model load(ModelSource source, Device device) {
    TorchDevice target = device(device);
    target.checkUsable();
    ScriptModule script = ScriptModule.load(source.path());
    try {
      return new TorchModel(source, target, script, settings().path());
    } catch (RuntimeException e) {
      script.close();
      throw e;
    }
  }

  /** What libtorch keeps for reuse on the device counts as taken, until it is given back here. */
  @Override
  public OptionalLong freeMemoryBytes(Device device, long wanted) {
    TorchDevice target = device(device);
    target.checkUsable();
    OptionalLong free = target.driver().freeMemory();
    if (free.isEmpty() || free.getAsLong() >= wanted) {
      return free;
    }
    target.reclaimMemory();
    return target.driver().freeMemory();
  }

  /** As a flatbuffer with a checksum, whose weights libtorch maps instead of reading them. */
  @Override
  public ModelSource share(ModelSource source, Path directory) {
    Path target = directory.resolve(source.digest() + ".ff");
    if (!isWhole(target)) {
      try (ScriptModule script = ScriptModule.load(source.path());
          ExtraFilesMap none = new ExtraFilesMap()) {
        Path unfinished = Files.createTempFile(directory, "model", ".part");
        try {
          script.module()._save_for_mobile(unfinished.toString(), none, false, true);
          Seal.add(unfinished);
          Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
          Files.deleteIfExists(unfinished);
        }
      } catch (IOException e) {
        throw new InferenceException(
            ErrorCode.MODEL_NOT_FOUND, directory + ": cannot be written: " + e.getMessage(), e);
      } catch (RuntimeException e) {
        throw NativeErrors.load(e, source.toString());
      }
    }
    return source.at(target);
  }

  /** Whether a shared form is there and whole; else it is written again. */
  private static boolean isWhole(Path file) {
    try {
      return Files.exists(file) && Seal.check(file) == Seal.State.WHOLE;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public synchronized void useThreads(ThreadSettings threads) {
    checkOpen();
    settings = settings.withThreads(requireNonNull(threads, "threads"));
    runtime.applyThreads(this, threads);
    opened.values().forEach(device -> device.useThreads(threads));
  }

  @Override
  public Stream acquireStream(Device device) {
    return device(device).acquireStream();
  }

  @Override
  public Stream defaultStream(Device device) {
    return device(device).defaultStream();
  }

  @Override
  public Event newEvent(Device device, boolean timed) {
    return device(device).events().acquire(timed);
  }

  @Override
  public void synchronize(Device device) {
    device(device).synchronizeAll();
  }

  @Override
  public BackendReport report() {
    return new TorchReport(runtime, settings(), finder).make();
  }

  @Override
  public void close() {
    List<TorchDevice> all;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      all = List.copyOf(opened.values());
    }
    all.forEach(TorchDevice::close);
    runtime.forget(this);
  }
}
