package io.mpsparallel.policy;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was seen of one kind of work in one window, whatever served it.
 *
 * @param kind what kind of work
 * @param samples the sample of each choice
 */
record Seen(WorkKind kind, Map<Choice, LoadSample> samples) {
  /** The samples of a window by their kind, in the order in which kinds come first. */
  static Collection<Seen> of(List<LoadSample> window) {
    Map<WorkKind, Seen> kinds = new LinkedHashMap<>();
    for (LoadSample sample : window) {
      kinds
          .computeIfAbsent(sample.kind(), kind -> new Seen(kind, new LinkedHashMap<>()))
          .samples
          .put(sample.choice(), sample);
    }
    return kinds.values();
  }

  Optional<LoadSample> by(Choice choice) {
    return Optional.ofNullable(samples.get(choice));
  }

  /** The load: the most that any choice had in flight. */
  double inFlight() {
    return samples.values().stream().mapToDouble(LoadSample::inFlight).max().orElse(0);
  }

  double inFlightBesides(Choice choice) {
    return samples.values().stream()
        .filter(sample -> !sample.choice().equals(choice))
        .mapToDouble(LoadSample::inFlight)
        .sum();
  }

  /** The length of the window, with a limit against nonsense. */
  long nanos() {
    long longest = samples.values().stream().mapToLong(LoadSample::windowNanos).max().orElse(0);
    return Math.min(Gathering.LONGEST_NANOS, longest);
  }
}
