package io.mpsparallel.processes;

import io.mpsparallel.settings.ThreadSettings;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What every worker is to have before it serves: models, threads, warmth. Each change makes another
 * one, with a higher version; a worker that has an older one is brought up to date by its thread.
 * Immutable.
 *
 * @param version grows
 * @param models by number
 * @param warmUps what is to be run once in each worker
 * @param threads of a forward; null leaves them as they were at the start
 */
record Wanted(
    int version,
    Map<Integer, ProcessModel> models,
    Set<WarmUpRun> warmUps,
    @Nullable ThreadSettings threads) {
  static final Wanted NOTHING = new Wanted(0, Map.of(), Set.of(), null);

  Wanted with(ProcessModel model) {
    Map<Integer, ProcessModel> changed = new LinkedHashMap<>(models);
    changed.put(model.number(), model);
    return new Wanted(version + 1, changed, warmUps, threads);
  }

  Wanted without(ProcessModel model) {
    Map<Integer, ProcessModel> changed = new LinkedHashMap<>(models);
    changed.remove(model.number());
    return new Wanted(version + 1, changed, warmUps, threads);
  }

  Wanted with(WarmUpRun warmUp) {
    Set<WarmUpRun> changed = new LinkedHashSet<>(warmUps);
    changed.add(warmUp);
    return new Wanted(version + 1, models, changed, threads);
  }

  Wanted without(WarmUpRun warmUp) {
    Set<WarmUpRun> changed = new LinkedHashSet<>(warmUps);
    changed.remove(warmUp);
    return new Wanted(version + 1, models, changed, threads);
  }

  Wanted with(ThreadSettings changed) {
    return new Wanted(version + 1, models, warmUps, changed);
  }
}
