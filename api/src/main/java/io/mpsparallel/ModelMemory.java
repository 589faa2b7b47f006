package io.mpsparallel;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.ResilienceSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What the weights of all models take on each device, and who may add to it. Two versions of a
 * model count while it changes, each in full. Any thread.
 */
final class ModelMemory {
  private final Map<Device, Long> taken = new HashMap<>(); // guarded by this

  /**
   * Sets aside what a model is about to take: as much as its file, until more is known.
   *
   * @param source the model
   * @param device where it will be
   * @param limit the most that all may take there, or {@link ResilienceSettings#NO_BOUND}
   * @param engine says what the device has left
   * @return what was set aside, to be {@linkplain #settle settled}
   * @throws InferenceException {@code OUT_OF_MEMORY} if that is more than is left; then nothing was
   */
  long admit(ModelSource source, Device device, long limit, Backend engine) {
    long expected = bytesOf(source);
    checkFree(source, device, expected, engine);
    add(source, device, expected, limit);
    return expected;
  }

  /** 0 for a file that cannot be read, which the engine says better. */
  private static long bytesOf(ModelSource source) {
    try {
      return Files.size(source.path());
    } catch (IOException e) {
      return 0;
    }
  }

  private static void checkFree(ModelSource source, Device device, long bytes, Backend engine) {
    OptionalLong free = engine.freeMemoryBytes(device, bytes);
    if (free.isPresent() && bytes > free.getAsLong()) {
      throw new InferenceException(
          ErrorCode.OUT_OF_MEMORY,
          source
              + ": about "
              + bytes
              + " bytes of weights, and "
              + device
              + " has "
              + free.getAsLong()
              + " of "
              + engine.capabilities(device).memoryBytes()
              + " bytes free; close a model, end other programs that use the device, or name"
              + " another device");
    }
  }

  private synchronized void add(ModelSource source, Device device, long bytes, long limit) {
    long now = taken.getOrDefault(device, 0L);
    if (limit != ResilienceSettings.NO_BOUND && bytes > limit - now) {
      throw new InferenceException(
          ErrorCode.OUT_OF_MEMORY,
          source
              + ": about "
              + bytes
              + " bytes of weights on "
              + device
              + ", where other models have "
              + now
              + " of "
              + limit
              + "; close a model, or raise resilience.model-memory");
    }
    taken.put(device, now + bytes);
  }

  /**
   * What a model takes is known: it is loaded, or, with 0, it is not, or not any more.
   *
   * @param device where
   * @param admitted what it was counted with
   * @param bytes what it takes
   */
  synchronized void settle(Device device, long admitted, long bytes) {
    taken.merge(device, bytes - admitted, Long::sum);
  }

  /** {@return what models take on a device, in bytes} */
  synchronized long taken(Device device) {
    return taken.getOrDefault(device, 0L);
  }
}
