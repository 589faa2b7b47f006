package io.mpsparallel.policy;

import java.util.List;
import java.util.Optional;

/** Where to start with work that was never measured. One thread. */
final class StartingTable {
  /** Requests up to so many bytes gain from being put together, */
  private static final long SMALL_BYTES = 4096;

  /** with more callers than this. */
  private static final double FEW_CALLERS = 4;

  private final PolicyFacts facts;
  private final Absence absence;

  StartingTable(PolicyFacts facts, Absence absence) {
    this.facts = facts;
    this.absence = absence;
  }

  private List<Choice> present() {
    return absence.presentOf(facts.allowed());
  }

  /** What serves a lone caller. */
  Choice forOneCaller() {
    return PolicyFacts.forOneCaller(present());
  }

  /** What the profile says about exactly this load. */
  Optional<Choice> profiled(WorkKind kind, double inFlight) {
    int callers = WorkKind.callersBucket(inFlight);
    return callers == 1 ? Optional.empty() : facts.profile().fastest(kind, callers, present());
  }

  /** What the thresholds say. */
  Choice byThresholds(WorkKind kind, double inFlight) {
    boolean many = inFlight > FEW_CALLERS && kind.mostBytes() <= SMALL_BYTES;
    return many ? PolicyFacts.forManyCallers(present()) : forOneCaller();
  }

  Choice choose(WorkKind kind, double inFlight) {
    return profiled(kind, inFlight).orElseGet(() -> byThresholds(kind, inFlight));
  }

  Reason reason(WorkKind kind, double inFlight) {
    if (facts.allowed().size() == 1) {
      return Reason.ONLY_CHOICE;
    }
    return profiled(kind, inFlight).isPresent() ? Reason.PROFILE : Reason.STARTING_TABLE;
  }
}
