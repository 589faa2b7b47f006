package io.mpsparallel.policy;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** What is known of one kind of work with one number of callers. One thread. */
final class Experience {
  /** The present choice is this much worse if it is below 90% of an alternative, */
  private static final double MUCH_BETTER = 1 / 0.9 - 1;

  /** in so many figures in a row. */
  private static final int AGREEING = 3;

  /** After a retreat there is no other one for twice as long, then for four times, and so on. */
  private static final long RETREAT_NANOS = 5_000_000_000L;

  /**
   * A choice that is known to be better.
   *
   * @param choice the choice
   * @param gain by how much
   */
  record Better(Choice choice, double gain) {}

  private final Map<Choice, Recent> known = new LinkedHashMap<>();
  private final Absence absence;
  private final Gathering gathering = new Gathering();
  private final Backoff retreats = Backoff.dueAtOnce(RETREAT_NANOS);
  private Alternatives alternatives;
  private Choice present;
  private boolean learned;
  private int stable;
  private int worse;

  Experience(Choice present, Alternatives alternatives, Absence absence) {
    this.present = present;
    this.alternatives = alternatives;
    this.absence = absence;
  }

  Choice present() {
    return present;
  }

  Alternatives alternatives() {
    return alternatives;
  }

  /** Whether {@link #present} comes from a comparison. */
  boolean isLearned() {
    return learned;
  }

  /** Figures of the present choice since it last changed. */
  int stable() {
    return stable;
  }

  /** How long a request takes with the present choice, 0 if unknown. */
  double meanNanos() {
    Recent figures = recent(present);
    return figures.isEmpty() ? 0 : figures.median().meanNanos();
  }

  private Recent recent(Choice choice) {
    return known.computeIfAbsent(choice, unseen -> new Recent());
  }

  /** The load is this one from now, or again; what it was like before may be long ago. */
  void enter() {
    known.remove(present);
    pause();
  }

  /** Nothing was compared, and something else is more likely to be right. */
  void startOver(Choice choice, Alternatives others) {
    present = choice;
    alternatives = others;
  }

  /** What comes next is not a continuation of what was seen. */
  private void pause() {
    gathering.clear();
    stable = 0;
    worse = 0;
  }

  void pass(long nanos) {
    alternatives.pass(nanos);
    retreats.pass(nanos);
  }

  /** Takes what the present choice served; what is better, if it is time to change. */
  Optional<Better> count(LoadSample sample) {
    Optional<Figure> figure = gathering.add(sample);
    if (figure.isEmpty()) {
      return Optional.empty();
    }
    recent(present).add(figure.get());
    stable++;
    Optional<Better> better = better(figure.get());
    worse = better.isPresent() ? worse + 1 : 0;
    return worse >= AGREEING && retreats.isDue() ? better : Optional.empty();
  }

  private Optional<Better> better(Figure figure) {
    Optional<Better> best = Optional.empty();
    for (Map.Entry<Choice, Recent> entry : known.entrySet()) {
      boolean other = !entry.getKey().equals(present) && absence.isPresent(entry.getKey());
      if (other && entry.getValue().isEnough()) {
        OptionalDouble gain = entry.getValue().median().gainOver(figure);
        double least = best.map(Better::gain).orElse(MUCH_BETTER);
        if (gain.isPresent() && gain.getAsDouble() >= least) {
          best = Optional.of(new Better(entry.getKey(), gain.getAsDouble()));
        }
      }
    }
    return best;
  }

  void retreat(Choice better) {
    change(better);
    retreats.done();
  }

  /** The present choice cannot serve; what it was like does not matter any more. */
  void leave(Choice choice) {
    known.remove(present);
    change(choice);
  }

  /** A trial is over that says nothing. */
  void giveUp() {
    pause();
  }

  private void change(Choice choice) {
    alternatives.exchange(present, choice);
    present = choice;
    pause();
  }

  /** A trial of an alternative, to be compared with what is known of the present choice. */
  Trial startTrial(Choice alternative, boolean first) {
    Recent seen = first ? recent(alternative) : new Recent();
    return new Trial(alternative, first, recent(present).median(), seen);
  }

  void finish(Trial trial, Trial.Outcome outcome) {
    if (trial.seen().isEnough()) {
      known.put(trial.alternative(), trial.seen());
    }
    learned |= alternatives.finished(trial, outcome);
    if (outcome == Trial.Outcome.FASTER) {
      change(trial.alternative());
    } else {
      pause();
    }
  }
}
