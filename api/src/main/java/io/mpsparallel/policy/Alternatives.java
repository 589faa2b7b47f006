package io.mpsparallel.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which alternative is to be tried next: each soon, until it was compared once; from then on ever
 * more rarely, one after another. One thread.
 */
final class Alternatives {
  /** Trials of an alternative that was never compared, as long as they are unclear. */
  private static final int MOST_ATTEMPTS = 3;

  /** Times that such a trial may be cut short: one window that is far off must not decide. */
  private static final int MOST_HARMFUL = 2;

  private static final long RETRY_NANOS = 30_000_000_000L;

  private final List<Choice> untried = new ArrayList<>();
  private final List<Choice> tried = new ArrayList<>();
  private final Absence absence;
  private final Backoff retries = new Backoff(RETRY_NANOS);
  private int attempts;
  private int harmful;

  Alternatives(List<Choice> untried, List<Choice> tried, Absence absence) {
    this.untried.addAll(untried);
    this.tried.addAll(tried);
    this.absence = absence;
  }

  /**
   * One that was never compared, if there is one.
   *
   * @param stable figures of the present choice since it last changed
   */
  Optional<Choice> untried(int stable) {
    boolean due = stable >= (attempts == 0 ? Recent.ENOUGH : 1);
    return due ? first(untried) : Optional.empty();
  }

  /**
   * One that was compared long ago, if it is time.
   *
   * @param stable figures of the present choice since it last changed
   */
  Optional<Choice> retry(int stable) {
    boolean due = first(untried).isEmpty() && retries.isDue() && stable >= Recent.ENOUGH;
    return due ? first(tried) : Optional.empty();
  }

  private Optional<Choice> first(List<Choice> choices) {
    return choices.stream().filter(absence::mayBeTried).findFirst();
  }

  long overdueNanos() {
    return retries.overdueNanos();
  }

  void pass(long nanos) {
    retries.pass(nanos);
  }

  /** A trial is over; true if the alternative counts as compared. */
  boolean finished(Trial trial, Trial.Outcome outcome) {
    if (!trial.isFirst()) {
      tried.remove(trial.alternative());
      tried.add(trial.alternative());
      retries.done();
      return true;
    }
    attempts++;
    harmful += outcome == Trial.Outcome.HARMFUL ? 1 : 0;
    if (isOpen(outcome)) {
      return false;
    }
    untried.remove(trial.alternative());
    tried.add(trial.alternative());
    attempts = 0;
    harmful = 0;
    retries.restart();
    return true;
  }

  private boolean isOpen(Trial.Outcome outcome) {
    return switch (outcome) {
      case FASTER, SLOWER -> false;
      case UNCLEAR -> attempts < MOST_ATTEMPTS;
      case HARMFUL -> harmful < MOST_HARMFUL;
    };
  }

  /** The present choice has changed: the former is an alternative now. */
  void exchange(Choice former, Choice present) {
    if (untried.remove(present)) {
      attempts = 0;
      harmful = 0;
    }
    tried.remove(present);
    tried.add(former);
    retries.restart();
  }
}
