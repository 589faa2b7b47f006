package io.mpsparallel.backend;

import io.mpsparallel.settings.ThreadSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * An opened engine: its devices, and the models, streams and events on them. Any thread. Whoever
 * opens it closes it, after everything that came from it.
 */
public interface Backend extends AutoCloseable {
  /** {@return the engine's name, such as {@code torch}} */
  String id();

  /** {@return the devices that are present, the one to prefer first; never empty} */
  List<Device> devices();

  /**
   * Facts about a device.
   *
   * @param device one of {@link #devices}
   * @return its facts, the same at each call
   * @throws io.mpsparallel.error.InferenceException {@code DEVICE_UNAVAILABLE} if it is not present
   */
  Capabilities capabilities(Device device);

  /**
   * Loads a model onto a device.
   *
   * @param source the file and what is declared about it
   * @param device one of {@link #devices}
   * @return a model that the caller closes
   * @throws io.mpsparallel.error.InferenceException {@code MODEL_NOT_FOUND}, {@code MODEL_INVALID},
   *     {@code UNSUPPORTED_VALUE}, {@code DEVICE_UNAVAILABLE} or {@code OUT_OF_MEMORY}
   */
  Model load(ModelSource source, Device device);

  /**
   * How much memory of a device nobody has, neither this process nor another. It changes at any
   * moment.
   *
   * @param device one of {@link #devices}
   * @param wanted how much of it is wanted; if less is free, the engine first gives back what it
   *     keeps for reuse
   * @return bytes, or empty if that cannot be told
   */
  default OptionalLong freeMemoryBytes(Device device, long wanted) {
    return OptionalLong.empty();
  }

  /**
   * Writes a form of a model whose weights any number of processes can map.
   *
   * @param source the model
   * @param directory where to write; the file is named after the model's digest and left there
   * @return the source to load instead, with all that was declared ({@link ModelSource#at})
   */
  ModelSource share(ModelSource source, Path directory);

  /**
   * Sets how many threads one forward may use from now on: inside operations, at each thread's next
   * {@link Stream#enter} from outside, and in the linear-algebra library of the whole process, at
   * once. Until it is called, the settings hold that the backend was opened with.
   *
   * @param threads how many
   * @throws io.mpsparallel.error.InferenceException {@code CLOSED}
   */
  void useThreads(ThreadSettings threads);

  /**
   * Takes a stream from the device's pool; when none is left, fails or waits as configured.
   *
   * @param device one of {@link #devices}
   * @return an idle stream that the caller closes, which gives it back
   * @throws io.mpsparallel.error.InferenceException {@code STREAMS_EXHAUSTED} if none came free
   */
  Stream acquireStream(Device device);

  /**
   * The device's default stream, which everybody shares: index 0, not from the pool. It may be used
   * by several threads, one after another.
   *
   * @param device one of {@link #devices}
   * @return the stream; closing it does nothing
   */
  Stream defaultStream(Device device);

  /**
   * A new event that nothing was recorded on.
   *
   * @param device one of {@link #devices}
   * @param timed whether it can tell elapsed time
   * @return an event that the caller closes
   */
  Event newEvent(Device device, boolean timed);

  /**
   * Waits until all streams of a device are idle. A failure on one does not keep the others from
   * being waited for; the first is thrown at the end.
   *
   * @param device one of {@link #devices}
   */
  void synchronize(Device device);

  /**
   * Facts for a person who wants to know whether this machine is set up right: versions, files,
   * threads, and problems with what to do about each.
   *
   * @return the report
   */
  BackendReport report();

  /** Frees everything. Idempotent; waits, bounded, for running calls. */
  @Override
  void close();
}
