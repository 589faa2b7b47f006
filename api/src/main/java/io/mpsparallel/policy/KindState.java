package io.mpsparallel.policy;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What holds for one kind of work. One thread. */
final class KindState {
  private final WorkKind kind;
  private final Absence absence;
  private final Knowledge knowledge;
  private long lastWindow;
  private final LoadLevel level;
  private final Settling settling = new Settling();
  private Experience now;
  private @Nullable Trial trial;

  /** Starts with what is likely to be right, and counts from the first window that shows it. */
  KindState(Seen seen, PolicyFacts facts, Absence absence) {
    kind = seen.kind();
    this.absence = absence;
    knowledge = new Knowledge(kind, facts, absence);
    level = new LoadLevel(seen.inFlight());
    now = knowledge.of(level.bucket(), knowledge.guess(seen.inFlight()).choice());
    seen.by(now.present()).ifPresentOrElse(now::count, () -> settling.start(0, seen.inFlight()));
  }

  Choice choose(double inFlight) {
    boolean same = trial != null || level.holds(inFlight);
    return same ? told() : knowledge.guess(inFlight).choice();
  }

  private Choice told() {
    return trial == null ? now.present() : trial.alternative();
  }

  Decision decision(Reason reason, double gain) {
    return new Decision(kind, level.bucket(), told(), reason, gain);
  }

  /** Takes a window, of whose figures none count if it was disturbed; what changed. */
  Optional<Decision> step(Seen seen, boolean afterPause, boolean disturbed) {
    if (afterPause) {
      level.interrupt();
    }
    now.pass(seen.nanos());
    if (settling.covers(seen, told())) {
      return Optional.empty();
    }
    settling.takeBefore().ifPresent(before -> level.follow(before, seen.inFlight()));
    if (trial != null) {
      return disturbed ? giveUp() : step(trial, seen.by(trial.alternative()));
    }
    if (level.moves(seen.inFlight())) {
      return enter(seen.inFlight());
    }
    return level.holds(seen.inFlight()) && !disturbed ? count(seen) : Optional.empty();
  }

  void seenIn(long window) {
    lastWindow = window;
  }

  /** The number of the window in which it was seen last. */
  long lastWindow() {
    return lastWindow;
  }

  /** A choice cannot serve this kind, and others perhaps can; what changed. */
  Optional<Decision> leave(Choice choice) {
    return absence.leaveHere(choice) ? leaveAbsent() : Optional.empty();
  }

  /** A trial that was just decided does not begin yet. */
  void postpone(Choice choice) {
    absence.postpone(choice);
    if (trial != null && trial.alternative().equals(choice)) {
      trial = null;
      now.giveUp();
    }
  }

  void resume(Choice choice) {
    absence.resume(choice);
  }

  /** Goes back from what cannot serve; what changed. */
  Optional<Decision> leaveAbsent() {
    Choice before = told();
    if (trial != null && !absence.isPresent(trial.alternative())) {
      trial = null;
      now.giveUp();
    }
    if (!absence.isPresent(now.present())) {
      now.leave(knowledge.guess(level.bucket()).choice());
    }
    if (before.equals(told())) {
      return Optional.empty();
    }
    settling.start(now.meanNanos());
    return Optional.of(decision(Reason.FAILED, 0));
  }

  /** A window has passed without a request of this kind. */
  Optional<Decision> idle() {
    return trial == null ? Optional.empty() : step(trial, Optional.empty());
  }

  private Optional<Decision> count(Seen seen) {
    return seen.by(now.present())
        .flatMap(now::count)
        .map(
            better -> {
              settling.start(now.meanNanos(), seen.inFlight());
              now.retreat(better.choice());
              return decision(Reason.RETREAT, better.gain());
            });
  }

  private Optional<Decision> enter(double inFlight) {
    Choice former = now.present();
    Knowledge.Guess guess = knowledge.guess(inFlight);
    now = knowledge.of(level.bucket(), guess.choice());
    boolean changed = !former.equals(now.present());
    if (changed) {
      settling.start(now.meanNanos(), inFlight);
    }
    now.enter();
    return changed ? Optional.of(decision(guess.reason(), 0)) : Optional.empty();
  }

  // ---- trials ----

  boolean isTrying() {
    return trial != null;
  }

  /** Starts a trial of an alternative that was never compared, if there is one and it is time. */
  Optional<Decision> tryNew() {
    return isCalm() ? start(now.alternatives().untried(now.stable()), true) : Optional.empty();
  }

  /** Starts a trial of an alternative that was compared long ago, if it is time. */
  Optional<Decision> tryAgain() {
    return isCalm() ? start(now.alternatives().retry(now.stable()), false) : Optional.empty();
  }

  long overdueNanos() {
    return now.alternatives().overdueNanos();
  }

  private boolean isCalm() {
    return trial == null && settling.isOver() && level.isCalm();
  }

  private Optional<Decision> start(Optional<Choice> alternative, boolean first) {
    return alternative.map(
        choice -> {
          settling.start(now.meanNanos());
          trial = now.startTrial(choice, first);
          return decision(Reason.TRIAL, 0);
        });
  }

  private Optional<Decision> giveUp() {
    trial = null;
    now.giveUp();
    settling.start(now.meanNanos());
    return Optional.of(decision(Reason.KEPT, 0));
  }

  private Optional<Decision> step(Trial running, Optional<LoadSample> sample) {
    return running.step(sample).map(verdict -> finish(running, verdict));
  }

  private Decision finish(Trial over, Trial.Verdict verdict) {
    trial = null;
    now.finish(over, verdict.outcome());
    if (verdict.outcome() == Trial.Outcome.FASTER) {
      level.follow(over.base().inFlight(), over.seen().median().inFlight());
      return decision(Reason.FASTER, verdict.gain());
    }
    settling.start(now.meanNanos());
    boolean harmful = verdict.outcome() == Trial.Outcome.HARMFUL;
    return decision(harmful ? Reason.RETREAT : Reason.KEPT, verdict.gain());
  }
}
