package io.mpsparallel;

import io.mpsparallel.policy.Decision;
import io.mpsparallel.strategy.StrategyStats;
import java.util.List;

/**
 * What an executor is doing, for health checks and metrics, as numbers of one moment; each is
 * right, though they were not read at the same time. Immutable, any thread.
 *
 * @param ready whether requests are served as they are meant to be: it is open, no model is still
 *     warming up, and at least one place takes requests
 * @param places where requests run, in the order in which they are tried
 * @param models the models that are loaded
 * @param requests what became of the requests of all models, closed ones included
 * @param stats lanes, queue and batches of the first place
 * @param replaced lanes and workers that were replaced since the start, at all places
 * @param switches changes of settings since the start
 * @param decisions as {@link InferenceExecutor#decisions}
 */
public record ExecutorSnapshot(
    boolean ready,
    List<Place> places,
    List<OfModel> models,
    RequestCounts requests,
    StrategyStats stats,
    long replaced,
    long switches,
    List<Decision> decisions) {
  /**
   * Where requests run.
   *
   * @param strategy the strategy
   * @param devices the devices, at least one
   * @param fallback whether requests come here only if another place fails
   * @param open whether its circuit is open: it is left alone, a few requests that try it apart
   */
  public record Place(String strategy, List<OfDevice> devices, boolean fallback, boolean open) {
    // Copies the list.
    public Place {
      devices = List.copyOf(devices);
    }

    /** {@return the devices, as {@code device} in the settings names them} */
    public String device() {
      return String.join(",", devices.stream().map(OfDevice::device).toList());
    }

    /** {@return what the weights of all models of this executor take on all of them} */
    public long modelBytes() {
      return devices.stream().mapToLong(OfDevice::modelBytes).sum();
    }
  }

  /**
   * A device of a place.
   *
   * @param device the device
   * @param failed whether it has failed for good: if there are others, they serve without it
   * @param modelBytes what the weights of all models of this executor take there
   */
  public record OfDevice(String device, boolean failed, long modelBytes) {}

  /**
   * A model.
   *
   * @param source what it was loaded from
   * @param state whether it is warm
   * @param requests what became of its requests
   * @param notes what a person may want to know: why it is not recorded on a GPU that could, for
   *     instance
   */
  public record OfModel(
      String source, ModelState state, RequestCounts requests, List<String> notes) {
    // Copies the list.
    public OfModel {
      notes = List.copyOf(notes);
    }
  }

  // Copies the lists.
  public ExecutorSnapshot {
    places = List.copyOf(places);
    models = List.copyOf(models);
    decisions = List.copyOf(decisions);
  }
}
