package io.mpsparallel;

import io.mpsparallel.backend.Model;
import io.mpsparallel.backend.ModelSource;
import io.mpsparallel.backend.Padding;
import io.mpsparallel.backend.Signature;
import io.mpsparallel.backend.WarmUp;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.strategy.ParallelismStrategy;
import io.mpsparallel.tensor.NamedTensors;
import io.mpsparallel.work.ModelVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model on its way to a site and to those that its requests go to if that fails; nobody uses it
 * there yet. One thread.
 */
final class Arrival {
  /** One of the places, what to warm it up with, and whether the model was loaded for it. */
  private record Stop(Placement placement, List<NamedTensors> warmUp, boolean fresh) {
    /** Fails if the model is closed meanwhile, which is no reason to stop. */
    CompletableFuture<Void> warm() {
      try {
        return warmUp.isEmpty()
            ? CompletableFuture.completedFuture(null)
            : placement
                .site()
                .strategy()
                .warmUp(placement.version(), warmUp, ParallelismStrategy.ANY_ROWS);
      } catch (InferenceException e) {
        return CompletableFuture.failedFuture(e);
      }
    }
  }

  private final List<Stop> stops = new ArrayList<>();

  private Arrival() {}

  /**
   * Loads a model wherever it is not yet.
   *
   * @param source what to load
   * @param sites the first site of those to go to
   * @param now where it is now; null for nowhere
   * @param versions loads it
   * @throws InferenceException if it cannot be loaded; then nothing is left of it
   */
  static Arrival at(Site sites, ModelSource source, @Nullable Placement now, Versions versions) {
    Arrival arrival = new Arrival();
    try {
      sites.chain().forEach(site -> arrival.add(site, source, now, versions));
      return arrival;
    } catch (RuntimeException e) {
      arrival.discard();
      throw e;
    }
  }

  private void add(Site site, ModelSource source, @Nullable Placement now, Versions versions) {
    Stream<Placement> there = now == null ? Stream.empty() : now.chain().stream();
    Placement known =
        Stream.concat(there, stops.stream().map(Stop::placement))
            .filter(placement -> placement.site().sharesModelsWith(site))
            .findFirst()
            .orElse(null);
    if (known == null) {
      ModelVersion version = versions.load(source, site);
      List<NamedTensors> warmUp = warmUpOf(version);
      stops.add(new Stop(Placement.of(site, version, version.any()), warmUp, true));
    } else {
      List<NamedTensors> warmUp = cases(known.version().any());
      stops.add(new Stop(known.at(site), warmUp, false));
    }
  }

  /** The inputs of the warm-up shapes; a model that declarations do not fit is closed again. */
  private static List<NamedTensors> warmUpOf(ModelVersion version) {
    try {
      Model model = version.any();
      checkPadding(model);
      return cases(model);
    } catch (RuntimeException e) {
      version.release();
      throw e;
    }
  }

  private static List<NamedTensors> cases(Model model) {
    Padding padding = model.source().padding();
    Signature signature = padding.forCallers(model.signature());
    return model.source().warmUp().orFixed(signature).specs(signature).stream()
        .map(shapes -> padding.complete(WarmUp.inputs(shapes, signature), signature))
        .toList();
  }

  private static void checkPadding(Model model) {
    try {
      model.source().padding().check(model.signature());
    } catch (InferenceException e) {
      throw new InferenceException(e.code(), model.source() + ": " + e.detail(), e);
    }
  }

  /** Where its requests run, once this arrival is over. */
  Placement placement() {
    Placement first = null;
    for (int i = stops.size() - 1; i >= 0; i--) {
      first = stops.get(i).placement().before(first);
    }
    if (first == null) {
      throw new IllegalStateException("no site");
    }
    return first;
  }

  /** Runs the warm-up shapes at every place; once. */
  CompletableFuture<Void> warm() {
    return CompletableFuture.allOf(
        stops.stream().map(Stop::warm).toArray(CompletableFuture<?>[]::new));
  }

  /** Lets go of what it would be warmed up with. */
  void leaveCold() {
    stops.stream().flatMap(stop -> stop.warmUp().stream()).forEach(NamedTensors::close);
  }

  /** Lets go of what was loaded for it. */
  void release() {
    stops.stream().filter(Stop::fresh).forEach(stop -> stop.placement().version().release());
  }

  /** Lets go of all, before it was warmed up. */
  void discard() {
    leaveCold();
    release();
  }
}
