package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.settings.BackendSettings;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Has each worker open the engine, and keeps which devices the first one found. Any thread. */
final class Opener {
  /** How many workers may die before the first has opened the engine. */
  private static final int MOST_DEATHS = 3;

  private final String engine;
  private final BackendSettings settings;
  private final Runnable opened;
  private final CompletableFuture<List<Device>> devices = new CompletableFuture<>();
  private int deaths; // guarded by this

  /**
   * Nothing is open yet.
   *
   * @param opened told each time that a worker has opened the engine
   */
  Opener(String engine, BackendSettings settings, Runnable opened) {
    this.engine = engine;
    this.settings = settings;
    this.opened = opened;
  }

  String engine() {
    return engine;
  }

  /** Opens the engine in a worker; by its thread. */
  void open(Incumbent worker) throws LinkLost {
    try {
      List<Device> found = Questions.open(worker.link(), engine, settings);
      opened.run();
      devices.complete(found);
    } catch (InferenceException e) {
      devices.completeExceptionally(e);
      throw new LinkLost("it could not open the engine: " + e.getMessage());
    }
  }

  /** A worker is gone. */
  void lost(Loss loss) {
    failed(
        new InferenceException(
            ErrorCode.WORKER_START_FAILED, "no worker has opened the engine; the last: " + loss));
  }

  /** A start has failed. */
  synchronized void failed(InferenceException why) {
    deaths++;
    if (deaths >= MOST_DEATHS) {
      devices.completeExceptionally(why);
    }
  }

  /** The devices that the first worker found, or why none could open the engine. */
  CompletableFuture<List<Device>> devices() {
    return devices;
  }
}
