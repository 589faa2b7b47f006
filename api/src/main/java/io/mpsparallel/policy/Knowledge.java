package io.mpsparallel.policy;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** What is known of one kind of work for each number of callers. One thread. */
final class Knowledge {
  /**
   * A choice for a load that may never have been measured.
   *
   * @param choice the choice
   * @param reason where it comes from
   */
  record Guess(Choice choice, Reason reason) {}

  private final WorkKind kind;
  private final PolicyFacts facts;
  private final Absence absence;
  private final StartingTable start;
  private final TreeMap<Integer, Experience> loads = new TreeMap<>();

  Knowledge(WorkKind kind, PolicyFacts facts, Absence absence) {
    this.kind = kind;
    this.facts = facts;
    this.absence = absence;
    start = new StartingTable(facts, absence);
  }

  /** What was learned for this load, else what is likely to be right. */
  Guess guess(double inFlight) {
    int callers = WorkKind.callersBucket(inFlight);
    if (callers == 1) {
      return new Guess(start.forOneCaller(), Reason.LOAD_CHANGED);
    }
    return learned(callers, 0)
        .or(() -> profiled(inFlight))
        .or(() -> learned(callers, Integer.SIZE))
        .orElseGet(() -> new Guess(start.byThresholds(kind, inFlight), Reason.STARTING_TABLE));
  }

  private Optional<Guess> profiled(double inFlight) {
    return start.profiled(kind, inFlight).map(choice -> new Guess(choice, Reason.PROFILE));
  }

  /** What was learned for the next load that is not further away; of two, for the greater. */
  private Optional<Guess> learned(int callers, int furthest) {
    return loads.descendingMap().entrySet().stream()
        .filter(load -> load.getValue().isLearned())
        .filter(load -> absence.isPresent(load.getValue().present()))
        .filter(load -> distance(load.getKey(), callers) <= furthest)
        .min(Comparator.comparingInt(load -> distance(load.getKey(), callers)))
        .map(Map.Entry::getValue)
        .map(load -> new Guess(load.present(), Reason.LOAD_CHANGED));
  }

  private static int distance(int one, int other) {
    return Math.abs(Integer.numberOfTrailingZeros(one) - Integer.numberOfTrailingZeros(other));
  }

  /** What is known of a load; if nothing was compared yet, it starts with this choice. */
  Experience of(int callers, Choice choice) {
    Experience known =
        loads.computeIfAbsent(
            callers, unseen -> new Experience(choice, alternatives(callers, choice), absence));
    if (!known.isLearned() && !known.present().equals(choice)) {
      known.startOver(choice, alternatives(callers, choice));
    } else if (!absence.isPresent(known.present())) {
      known.leave(choice);
    }
    return known;
  }

  /** A lone caller has none: putting together is the same path then. */
  private Alternatives alternatives(int callers, Choice choice) {
    List<Choice> others = callers == 1 ? List.of() : facts.alternativesTo(choice);
    Predicate<Choice> isProfiled = other -> facts.profile().has(kind, callers, other);
    return new Alternatives(
        others.stream().filter(isProfiled.negate()).toList(),
        others.stream().filter(isProfiled).toList(),
        absence);
  }
}
