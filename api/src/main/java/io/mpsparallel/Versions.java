package io.mpsparallel;

import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.work.ModelVersion;
import java.util.Collection;
import java.util.Map;

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
   * Loads a model.
   *
   * @param source what to load
   * @param home the site; those of its engine and device can run it as well
   * @return a version with one use, which is the caller's to release
   * @throws io.mpsparallel.error.InferenceException if it cannot be loaded; {@code OUT_OF_MEMORY}
   *     if it may not
   */
  ModelVersion load(ModelSource source, Site home) {
    Device device = home.device();
    long admitted = memory.admit(source, device, home.settings().resilience().modelMemoryBytes());
    long bytes = 0;
    try {
      Model model = home.engine().backend().load(source, device);
      bytes = model.weightBytes();
      return version(model, home);
    } finally {
      memory.settle(device, admitted, bytes);
    }
  }

  private ModelVersion version(Model model, Site home) {
    ModelVersion[] self = new ModelVersion[1];
    self[0] =
        new ModelVersion(
            Map.of(home.device(), model),
            () -> {
              try {
                sites.stream()
                    .filter(home::sharesModelsWith)
                    .forEach(at -> at.strategy().forget(self[0]));
              } finally {
                close(model);
              }
            });
    return self[0];
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
