package io.mpsparallel;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.work.ModelVersion;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Loads models for sites, within the memory that they may take. A version that nobody uses any more
 * is forgotten by every site that could run it, then closed. Any thread.
 */
final class Versions {
  private final Collection<Site> sites;
  private final ModelMemory memory = new ModelMemory();

  /**
   * No versions.
   *
   * @param sites those that are not closed; whoever adds and removes some does so while others read
   */
  Versions(Collection<Site> sites) {
    this.sites = sites;
  }

  /** The memory that they take. */
  ModelMemory memory() {
    return memory;
  }

  /**
   * Loads a model onto every device of a site that has not failed.
   *
   * @param source what to load
   * @param home the site; those of its engine and devices can run it as well
   * @return a version with one use, which is the caller's to release
   * @throws io.mpsparallel.error.InferenceException if it cannot be loaded; {@code OUT_OF_MEMORY}
   *     if it may not; then it is on no device
   */
  ModelVersion load(ModelSource source, Site home) {
    Map<Device, Model> models = new LinkedHashMap<>();
    try {
      home.usableDevices().forEach(device -> models.put(device, load(source, home, device)));
      return version(models, home);
    } catch (RuntimeException e) {
      closeAll(models.values(), e);
      throw e;
    }
  }

  private Model load(ModelSource source, Site home, Device device) {
    Backend backend = home.engine().backend();
    long limit = home.settings().resilience().modelMemoryBytes();
    long admitted = memory.admit(source, device, limit, backend);
    long bytes = 0;
    try {
      Model model = backend.load(source, device);
      bytes = model.weightBytes();
      return model;
    } finally {
      memory.settle(device, admitted, bytes);
    }
  }

  private ModelVersion version(Map<Device, Model> models, Site home) {
    ModelVersion[] self = new ModelVersion[1];
    self[0] =
        new ModelVersion(
            models,
            () -> {
              try {
                sites.stream()
                    .filter(home::sharesModelsWith)
                    .forEach(at -> at.strategy().forget(self[0]));
              } finally {
                closeAll(models.values(), null);
              }
            });
    return self[0];
  }

  /** All of them, whatever one throws. */
  private void closeAll(Collection<Model> models, @Nullable RuntimeException earlier) {
    RuntimeException failure = earlier;
    for (Model model : models) {
      try {
        close(model);
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null && earlier == null) {
      throw failure;
    }
  }

  private void close(Model model) {
    long bytes = model.weightBytes();
    try {
      model.close();
    } finally {
      memory.settle(model.device(), bytes, 0);
    }
  }
}
