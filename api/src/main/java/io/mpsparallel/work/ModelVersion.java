package io.mpsparallel.work;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One version of a model: one {@link Model} for each device it is on, and a count of its uses. A
 * request keeps the version that admitted it; the version is retired when its owner has let go of
 * it and no request uses it any more. Any thread.
 */
public final class ModelVersion {
  private final Map<Device, Model> models;
  private final Runnable onRetired;
  private final AtomicInteger uses = new AtomicInteger(1);

  /**
   * A version with one use: its owner's.
   *
   * @param models the model on each device, at least one
   * @param onRetired run once, by whoever lets go last; closes what was made from the models, and
   *     the models
   */
  public ModelVersion(Map<Device, Model> models, Runnable onRetired) {
    this.models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
    this.onRetired = onRetired;
  }

  /**
   * The model on a device.
   *
   * @param device the device
   * @return the model
   * @throws InferenceException {@code DEVICE_UNAVAILABLE} if the version is not on that device
   */
  public Model on(Device device) {
    Model model = models.get(device);
    if (model == null) {
      throw new InferenceException(
          ErrorCode.DEVICE_UNAVAILABLE,
          "model on " + device + " (it is on: " + models.keySet() + ")");
    }
    return model;
  }

  /** {@return what a person may want to know about the model on its devices} */
  public List<String> notes() {
    return models.values().stream()
        .flatMap(
            model ->
                model.whyEager().stream()
                    .map(why -> "on " + model.device() + " it runs operation by operation: " + why))
        .toList();
  }

  /** {@return the model on each device, in the order of the devices} */
  public Collection<Model> models() {
    return models.values();
  }

  /** {@return one of them, for what they have in common} */
  public Model any() {
    return models.values().iterator().next();
  }

  /** Adds a use; false if the version is retired. */
  boolean acquire() {
    while (true) {
      int now = uses.get();
      if (now == 0) {
        return false;
      }
      if (uses.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  /** Ends a use; the last one retires the version. For the owner: once. */
  public void release() {
    if (uses.decrementAndGet() == 0) {
      onRetired.run();
    }
  }

  /** {@return what it was loaded from, for logs} */
  @Override
  public String toString() {
    return models.isEmpty() ? "" : any().source().toString();
  }
}
