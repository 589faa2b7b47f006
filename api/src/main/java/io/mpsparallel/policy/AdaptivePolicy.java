package io.mpsparallel.policy;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Chooses what serves each kind of work, from what was seen of it: {@code docs/adaptive.md} says
 * how. It has no clock, starts no thread, and the same windows lead to the same decisions. For one
 * thread, which calls {@link #observe} once for each window and publishes what has changed.
 */
public final class AdaptivePolicy {
  /** So many kinds are remembered; beyond that, what was not seen for longest is forgotten. */
  public static final int MOST_KINDS = 1024;

  /** After a trial of what was compared before, none of these for so many times its windows. */
  private static final int REST = 50;

  private final PolicyFacts facts;
  private final Absence absence;
  private final StartingTable start;

  /** The kind seen last is the last. */
  private final LinkedHashMap<WorkKind, KindState> kinds = new LinkedHashMap<>();

  /** Trials disturb each other: only one runs at a time. */
  private @Nullable KindState trying;

  private long windows;
  private long started;
  private long rested;
  private boolean again;

  /**
   * A policy that has seen nothing.
   *
   * @param facts what it is told
   */
  public AdaptivePolicy(PolicyFacts facts) {
    this.facts = requireNonNull(facts, "facts");
    absence = Absence.none(facts);
    start = new StartingTable(facts, absence);
  }

  /**
   * What holds now. Changes nothing.
   *
   * @param kind what kind of work
   * @param inFlight its mean number of requests in flight, at least 0
   * @return one of the allowed choices
   */
  public Choice choose(WorkKind kind, double inFlight) {
    KindState state = kinds.get(kind);
    return state == null ? start.choose(kind, inFlight) : state.choose(inFlight);
  }

  /**
   * Takes what was seen in the window that has ended. Windows are about 250 ms long.
   *
   * @param window a sample for each kind and choice that had requests in flight, each pair once
   * @return what changed, and where every kind starts that is new; at most one for each kind
   */
  public List<Decision> observe(List<LoadSample> window) {
    return observe(window, false);
  }

  /**
   * As {@link #observe(List)}.
   *
   * @param window a sample for each kind and choice that had requests in flight, each pair once
   * @param disturbed whether something was prepared meanwhile, which takes time of the device: such
   *     a window says how much is in flight, and nothing about how fast anything is; a trial ends
   * @return what changed, and where every kind starts that is new; at most one for each kind
   */
  public List<Decision> observe(List<LoadSample> window, boolean disturbed) {
    List<Decision> changed = new ArrayList<>();
    List<KindState> present = new ArrayList<>();
    windows++;
    for (Seen seen : Seen.of(window)) {
      present.add(take(seen, disturbed, changed::add));
    }
    if (trying != null && !present.contains(trying)) {
      trying.idle().ifPresent(changed::add);
    }
    endTrial();
    if (!disturbed) {
      startTrial(present).ifPresent(changed::add);
    }
    forget();
    return List.copyOf(changed);
  }

  /**
   * A choice fails: nothing is served by it until it {@linkplain #comeBack comes back}. If nothing
   * else is allowed, this does nothing.
   *
   * @param choice the choice
   * @return what serves those kinds from now on that it served, or was tried for
   */
  public List<Decision> leave(Choice choice) {
    List<Decision> changed = new ArrayList<>();
    if (absence.leaveEverywhere(choice)) {
      kinds.values().forEach(state -> state.leaveAbsent().ifPresent(changed::add));
      endTrial();
    }
    return changed;
  }

  /**
   * A choice cannot serve one kind, and will not be tried for it again. If nothing else is left,
   * this does nothing.
   *
   * @param kind the kind
   * @param choice the choice
   * @return what serves the kind from now on, if that has changed
   */
  public Optional<Decision> leave(WorkKind kind, Choice choice) {
    KindState state = kinds.get(kind);
    Optional<Decision> changed = state == null ? Optional.empty() : state.leave(choice);
    endTrial();
    return changed;
  }

  /**
   * A choice may serve again: it will be tried, or gone back to where it was better.
   *
   * @param choice the choice
   */
  public void comeBack(Choice choice) {
    absence.comeBack(choice);
  }

  /**
   * A trial that was just decided does not begin: its choice is to be prepared first. All goes on
   * as before, and the choice is not tried for this kind until it is {@linkplain #resume resumed}.
   *
   * @param kind the kind
   * @param choice what was to be tried
   */
  public void postpone(WorkKind kind, Choice choice) {
    KindState state = kinds.get(kind);
    if (state != null) {
      state.postpone(choice);
      endTrial();
    }
  }

  /**
   * A choice whose trial was postponed may be tried.
   *
   * @param kind the kind
   * @param choice the choice
   */
  public void resume(WorkKind kind, Choice choice) {
    KindState state = kinds.get(kind);
    if (state != null) {
      state.resume(choice);
    }
  }

  private KindState take(Seen seen, boolean disturbed, Consumer<Decision> changed) {
    KindState known = kinds.remove(seen.kind());
    KindState state = known == null ? new KindState(seen, facts, absence.ofOneKind()) : known;
    kinds.put(seen.kind(), state);
    if (known == null) {
      changed.accept(state.decision(start.reason(seen.kind(), seen.inFlight()), 0));
    } else {
      state.step(seen, state.lastWindow() < windows - 1, disturbed).ifPresent(changed);
    }
    state.seenIn(windows);
    return state;
  }

  private void endTrial() {
    if (trying != null && !trying.isTrying()) {
      trying = null;
      rested = again ? windows + REST * (windows - started) : rested;
    }
  }

  /** What was never compared comes first, then what is overdue the longest. */
  private Optional<Decision> startTrial(Collection<KindState> present) {
    if (trying != null) {
      return Optional.empty();
    }
    Optional<Decision> fresh = startFirst(present, KindState::tryNew);
    if (fresh.isPresent() || windows < rested) {
      again = false;
      return fresh;
    }
    again = true;
    return startFirst(
        present.stream()
            .sorted(Comparator.comparingLong(KindState::overdueNanos).reversed())
            .toList(),
        KindState::tryAgain);
  }

  private Optional<Decision> startFirst(
      Collection<KindState> present, Function<KindState, Optional<Decision>> trial) {
    for (KindState state : present) {
      Optional<Decision> decision = trial.apply(state);
      if (decision.isPresent()) {
        trying = state;
        started = windows;
        return decision;
      }
    }
    return Optional.empty();
  }

  /** Never the one with a trial: it has to be told the end. */
  private void forget() {
    var oldest = kinds.entrySet().iterator();
    while (kinds.size() > MOST_KINDS) {
      Map.Entry<WorkKind, KindState> entry = oldest.next();
      if (entry.getValue() != trying) {
        oldest.remove();
      }
    }
  }
}
