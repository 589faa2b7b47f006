package io.mpsparallel.mps;

import io.mpsparallel.backend.Capabilities;
import io.mpsparallel.backend.Capabilities.GraphKey;
import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import io.mpsparallel.settings.StreamSettings;
import io.mpsparallel.settings.ThreadSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One opened device: its driver, and the pools and the gate in front of it. Any thread. */
final class TorchDevice implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TorchDevice.class);

  private final Driver driver;
  private final BackendSettings settings;
  private final EncodeGate gate;
  private final CommitPolicy commit;
  private final StreamPool<NativeStream> streams;
  private final EventPool<NativeEvent> events;
  private final BufferPool buffers;
  private final PathChooser path;
  private final TorchStream defaultStream;
  private volatile int intraOpThreads;
  private volatile @Nullable InferenceException broken;
  private volatile boolean closed;

  TorchDevice(Driver driver, EncodeGate gate, BackendSettings settings) {
    this.driver = driver;
    this.settings = settings;
    this.gate = gate;
    commit = new CommitPolicy(settings.streams().commit(), System.getenv(CommitPolicy.VARIABLE));
    events = new EventPool<>(new NotingEvents<>(driver.events(), this::noteFailure), gate);
    streams =
        new StreamPool<>(
            driver.device().toString(),
            driver.capabilities().streamCapacity(),
            settings.streams().patience(),
            index -> gated(() -> driver.createStream(index)),
            this::drain);
    buffers =
        new BufferPool(
            driver.staging(),
            settings.poolBytes(),
            this::isStreamIdle,
            this::synchronizeForStaging);
    path = chooser(driver, settings);
    useThreads(settings.threads());
    defaultStream = TorchStream.ofDefault(this, streams.defaultStream());
  }

  private static PathChooser chooser(Driver driver, BackendSettings settings) {
    boolean records = driver.capabilities().graphKey() == GraphKey.SHAPE_AND_SLOT;
    return PathChooser.of(settings.path(), records);
  }

  /** The gate that a device needs, as wide as its facts allow or the settings insist. */
  static EncodeGate gateFor(Device device, int concurrentForwards, StreamSettings settings) {
    int wanted =
        settings.gateWidth() == StreamSettings.AUTO ? concurrentForwards : settings.gateWidth();
    if (wanted > concurrentForwards) {
      LOG.warn(
          "streams.gate-width: {} on {}, which allows {}: this can crash the process",
          wanted,
          device,
          concurrentForwards);
    }
    return wanted == Capabilities.UNLIMITED
        ? EncodeGate.unlimited()
        : EncodeGate.processWide(device.type(), wanted, 1);
  }

  private <T> T gated(java.util.function.Supplier<T> action) {
    gate.enter(0);
    try {
      return action.get();
    } finally {
      gate.exit(0);
    }
  }

  /** Encodes something for a stream: inside the gate. */
  void gated(int streamIndex, Runnable action) {
    gate.enter(streamIndex);
    try {
      action.run();
    } finally {
      gate.exit(streamIndex);
    }
  }

  Device device() {
    return driver.device();
  }

  Driver driver() {
    return driver;
  }

  EncodeGate gate() {
    return gate;
  }

  CommitPolicy commit() {
    return commit;
  }

  StreamPool<NativeStream> streams() {
    return streams;
  }

  EventPool<NativeEvent> events() {
    return events;
  }

  BufferPool buffers() {
    return buffers;
  }

  PathChooser path() {
    return path;
  }

  /** What a thread sets when it enters a stream. */
  int intraOpThreads() {
    return intraOpThreads;
  }

  void useThreads(ThreadSettings threads) {
    intraOpThreads = threads.intraOpOrGranted();
  }

  Duration closeTimeout() {
    return settings.closeTimeout();
  }

  TorchStream acquireStream() {
    checkUsable();
    StreamPool.Lease<NativeStream> lease = streams.acquire();
    return TorchStream.leased(this, lease);
  }

  TorchStream defaultStream() {
    return defaultStream;
  }

  void checkOpen() {
    if (closed) {
      throw new InferenceException(ErrorCode.CLOSED, "the backend was closed");
    }
  }

  /** Fails if the device reported an error that it does not recover from in this process. */
  void checkUsable() {
    checkOpen();
    InferenceException failure = broken;
    if (failure != null) {
      throw new InferenceException(
          ErrorCode.DEVICE_FAILED,
          device()
              + " is unusable in this process since an earlier failure ("
              + failure.getMessage()
              + "); restart the process, or use worker processes, which are replaced",
          failure);
    }
  }

  /** Remembers a failure that the device does not recover from. */
  InferenceException noteFailure(InferenceException failure) {
    if (failure.code() == ErrorCode.DEVICE_FAILED && !driver.isHost() && broken == null) {
      LOG.error("{} failed and is not used any more", device(), failure);
      broken = failure;
    }
    return failure;
  }

  /**
   * Whether a stream has no work. One of a closed device has none, and one that has failed will do
   * none: memory that comes back is not lost, nor does its user see that failure again.
   */
  private boolean isStreamIdle(int index) {
    if (closed) {
      return true;
    }
    try {
      return driver.isIdle(streams.at(index));
    } catch (RuntimeException e) {
      LOG.debug("stream {} of {} cannot be asked whether it is idle", index, device(), e);
      return true;
    }
  }

  /**
   * Waits for one stream, outside the gate. Deaf to interrupts, for memory that the device uses is
   * freed or used again afterwards; bounded by the time limit of events.
   */
  void drain(NativeStream stream) {
    if (driver.isHost() || closed) {
      return; // a device that was closed was idle
    }
    try (PooledEvent<NativeEvent> end = events.acquire(false)) {
      gate.enter(stream.index());
      try {
        driver.recordFromOutside(end.nativeEvent(), stream);
      } finally {
        gate.exit(stream.index());
      }
      end.markRecorded(() -> {});
      awaitDeaf(end);
    }
  }

  private void awaitDeaf(PooledEvent<NativeEvent> event) {
    long limit = Durations.nanos(settings.eventTimeout());
    long start = System.nanoTime();
    boolean interrupted = Thread.interrupted();
    try {
      while (!event.isDone()) {
        try {
          event.await(Duration.ofNanos(Math.max(0, limit - (System.nanoTime() - start))));
        } catch (InferenceException e) {
          if (e.code() != ErrorCode.CANCELLED) {
            throw e;
          }
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * As the staging pool's last resort. Inside the gate nobody may wait: there the forward fails for
   * want of memory, and the stream waits outside and tries again.
   */
  private void synchronizeForStaging() {
    if (gate.heldByCurrentThread()) {
      throw new InferenceException(
          ErrorCode.OUT_OF_MEMORY, "no staging memory is left on " + device() + " at once");
    }
    synchronizeAll();
  }

  /** Waits for every stream; a failure of one does not keep the others from being waited for. */
  void synchronizeAll() {
    FirstFailure first = new FirstFailure();
    for (NativeStream stream : streams.created()) {
      first.run(() -> drain(stream));
    }
    first.rethrow();
  }

  /** Gives back every spare byte, on the host and on the device. */
  void reclaimMemory() {
    buffers.reclaim();
    buffers.releaseCache();
    synchronizeAll();
    gated(
        () -> {
          driver.releaseCache();
          return true;
        });
  }

  @Override
  public void close() {
    FirstFailure first = new FirstFailure();
    if (broken == null) {
      first.run(this::synchronizeAll);
    }
    closed = true;
    first.run(buffers::close);
    first.run(events::close);
    boolean usable = broken == null; // else what it has cannot be freed one by one
    first.run(() -> streams.close(usable ? driver::destroyStream : lost -> {}));
    try {
      first.rethrow();
    } catch (RuntimeException e) {
      LOG.warn("{}: not everything could be freed", device(), e);
    }
  }
}
