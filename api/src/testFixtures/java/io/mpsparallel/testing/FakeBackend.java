package io.mpsparallel.testing;

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
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A backend without native code that keeps every rule of the SPI, strictly, and does what a test
 * tells it: forwards wait at a {@link #turnstile}, fail by the script in {@link #faults}, and are
 * counted in {@link #counts}. Any thread, as for any backend.
 *
 * <p>Models are functions. It knows {@code identity}, {@code square}, {@code add} (inputs {@code a}
 * and {@code b}), {@code tuple}, {@code list}, {@code dict}, {@code raising}, {@code first-row} and
 * {@code slow-N}; {@link FakeBackendBuilder#model} adds others. {@link FakeModels} makes sources.
 */
public final class FakeBackend implements Backend {
  /** Its id. */
  public static final String ID = "fake";

  private final BackendSettings settings;
  private final Map<String, FakeModels.Entry> models;
  private final Set<FakeMisbehaviour> misbehaviours;
  private final EncodeObserver observer;
  private final Runnable onEncode;
  private final FakeCounts counts = new FakeCounts();
  private final FakeFaults faults = new FakeFaults();
  private final Turnstile turnstile = new Turnstile();
  private final Map<Device, FakeDevice> devices = new LinkedHashMap<>();
  private final Map<Device, Long> free = new ConcurrentHashMap<>();
  private volatile ThreadSettings threads;
  private volatile boolean closed;
  private volatile boolean slotLeftBehind;

  FakeBackend(FakeBackendBuilder parts) {
    settings = parts.settings;
    threads = settings.threads();
    models = Map.copyOf(parts.models);
    misbehaviours = Set.copyOf(parts.misbehaviours);
    observer = parts.observer;
    onEncode = parts.onEncode;
    for (Device device : parts.devices) {
      devices.put(device, new FakeDevice(this, device, parts.capabilities()));
    }
  }

  /** {@return a builder of a synchronous backend with the device {@code cpu}} */
  public static FakeBackendBuilder builder() {
    return new FakeBackendBuilder();
  }

  /** {@return a synchronous backend like libtorch on a CPU} */
  public static FakeBackend synchronous() {
    return builder().build();
  }

  /** {@return an asynchronous backend like libtorch on an NVIDIA GPU} */
  public static FakeBackend asynchronous() {
    return builder().asynchronous().build();
  }

  /** {@return what was counted} */
  public FakeCounts counts() {
    return counts;
  }

  /** {@return the script of faults} */
  public FakeFaults faults() {
    return faults;
  }

  /** {@return where forwards can be held back} */
  public Turnstile turnstile() {
    return turnstile;
  }

  /** {@return the threads that {@link #useThreads} set last, at first those of the settings} */
  public ThreadSettings threads() {
    return threads;
  }

  /**
   * How many streams of a device are in use, the default stream apart.
   *
   * @param device which
   * @return the streams of its pool that were not closed
   */
  public int streamsInUse(Device device) {
    return device(device).pool.inUse();
  }

  /** {@return whether no work is under way on any device} */
  public boolean isIdle() {
    return devices.values().stream().allMatch(FakeDevice::isIdle);
  }

  BackendSettings settings() {
    return settings;
  }

  EncodeObserver observer() {
    return observer;
  }

  Runnable onEncode() {
    return onEncode;
  }

  boolean does(FakeMisbehaviour misbehaviour) {
    return misbehaviours.contains(misbehaviour);
  }

  void slotAwaited(boolean done) {
    slotLeftBehind |= !done;
  }

  void checkOpen() {
    if (closed && !does(FakeMisbehaviour.ENCODE_AFTER_CLOSE)) {
      throw Fakes.closed("the backend");
    }
  }

  private FakeDevice device(Device device) {
    FakeDevice found = devices.get(device);
    if (found == null) {
      throw new InferenceException(
          ErrorCode.DEVICE_UNAVAILABLE,
          "device: " + device + " (present: " + devices.keySet() + ")");
    }
    return found;
  }

  private FakeDevice openDevice(Device device) {
    checkOpen();
    return device(device);
  }

  private FakeDevice usableDevice(Device device) {
    FakeDevice target = openDevice(device);
    InferenceException broken = faults.ofDevice(device);
    if (broken != null) {
      throw broken;
    }
    return target;
  }

  /**
   * Sets how much memory a device has left, which nobody could tell before.
   *
   * @param device which
   * @param bytes how much
   */
  public void freeMemory(Device device, long bytes) {
    free.put(device, bytes);
  }

  @Override
  public OptionalLong freeMemoryBytes(Device device, long wanted) {
    Long bytes = free.get(device);
    return bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes);
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public List<Device> devices() {
    return List.copyOf(devices.keySet());
  }

  @Override
  public Capabilities capabilities(Device device) {
    return device(device).capabilities;
  }

  @Override
  public Model load(ModelSource source, Device device) {
    FakeDevice target = usableDevice(device);
    String name = FakeModels.nameOf(source.path());
    FakeModels.Entry entry = models.get(name);
    if (entry == null) {
      entry = FakeModels.slow(name);
    }
    if (entry == null) {
      throw Files.exists(source.path())
          ? new InferenceException(ErrorCode.MODEL_INVALID, source + ": unknown '" + name + "'")
          : new InferenceException(ErrorCode.MODEL_NOT_FOUND, source + ": no such file");
    }
    return new FakeModel(target, source, entry);
  }

  @Override
  public ModelSource share(ModelSource source, Path directory) {
    checkOpen();
    try {
      Path shared = directory.resolve(source.digest() + ".fake");
      if (!Files.exists(shared)) {
        Files.copy(source.path(), shared);
      }
      return source.at(shared);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void useThreads(ThreadSettings changed) {
    checkOpen();
    threads = requireNonNull(changed, "threads");
  }

  @Override
  public Stream acquireStream(Device device) {
    return usableDevice(device).pool.acquire();
  }

  @Override
  public Stream defaultStream(Device device) {
    return openDevice(device).defaultStream;
  }

  @Override
  public Event newEvent(Device device, boolean timed) {
    return new FakeEvent(openDevice(device), timed);
  }

  @Override
  public void synchronize(Device device) {
    boolean defaultOnly = does(FakeMisbehaviour.SYNCHRONIZE_DEFAULT_ONLY);
    openDevice(device).drain(mark -> !defaultOnly || mark.stream == 0);
  }

  @Override
  public BackendReport report() {
    List<BackendReport.Problem> problems =
        slotLeftBehind
            ? List.of(
                new BackendReport.Problem(
                    "a slot was closed before its event", "open the turnstile first", true))
            : List.of();
    return new BackendReport(Map.of("engine", ID), List.of(), problems);
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    devices.values().forEach(FakeDevice::close);
  }

  /** {@return whether it was closed} */
  public boolean isClosed() {
    return closed;
  }
}
