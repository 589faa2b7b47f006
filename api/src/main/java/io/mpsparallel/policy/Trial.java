package io.mpsparallel.policy;

import java.util.Optional;
import java.util.OptionalDouble;

/** An alternative that serves for a few windows, to be compared with what served before. */
final class Trial {
  /** A gain that is worth a change. */
  static final double WORTHWHILE = 0.1;

  /** Worse than half: no need to see more. */
  private static final double HARMFUL = 1;

  /** Windows after which a trial ends that has not seen enough, */
  private static final int MOST_WINDOWS = 40;

  /** and windows in a row in which nothing was served. */
  private static final int MOST_IDLE = 8;

  /** How a trial ended. */
  enum Outcome {
    /** A worthwhile gain. */
    FASTER,
    /** No gain. */
    SLOWER,
    /** Too close to a worthwhile gain to say, or the figures contradict each other. */
    UNCLEAR,
    /** Cut short. */
    HARMFUL
  }

  /**
   * How a trial ended.
   *
   * @param outcome how
   * @param gain what the alternative gained, 0 if unknown; what the former gains if cut short
   */
  record Verdict(Outcome outcome, double gain) {}

  private final Choice alternative;
  private final boolean first;
  private final Figure base;
  private final Recent seen;
  private final Gathering gathering = new Gathering();
  private int windows;
  private int idle;
  private int figures;

  /**
   * A trial.
   *
   * @param first whether the alternative was never compared under this load
   * @param base the figure of what served before
   * @param seen figures of the alternative that count as well
   */
  Trial(Choice alternative, boolean first, Figure base, Recent seen) {
    this.alternative = alternative;
    this.first = first;
    this.base = base;
    this.seen = seen;
  }

  Choice alternative() {
    return alternative;
  }

  boolean isFirst() {
    return first;
  }

  Figure base() {
    return base;
  }

  Recent seen() {
    return seen;
  }

  /** Takes what the alternative served in a window; a verdict, if the trial is over. */
  Optional<Verdict> step(Optional<LoadSample> sample) {
    windows++;
    idle = sample.isPresent() ? 0 : idle + 1;
    Optional<Verdict> verdict = sample.flatMap(gathering::add).flatMap(this::count);
    if (verdict.isEmpty() && (idle >= MOST_IDLE || windows >= MOST_WINDOWS)) {
      return Optional.of(new Verdict(Outcome.UNCLEAR, 0));
    }
    return verdict;
  }

  private Optional<Verdict> count(Figure figure) {
    seen.add(figure);
    figures++;
    OptionalDouble loss = base.gainOver(figure);
    if (figures == 1 && loss.isPresent() && loss.getAsDouble() > HARMFUL) {
      return Optional.of(new Verdict(Outcome.HARMFUL, loss.getAsDouble()));
    }
    return figures < Recent.ENOUGH ? Optional.empty() : Optional.of(judge());
  }

  private Verdict judge() {
    OptionalDouble measured = seen.median().gainOver(base);
    if (measured.isEmpty()) {
      return new Verdict(Outcome.UNCLEAR, 0);
    }
    double gain = measured.getAsDouble();
    if (gain >= WORTHWHILE) {
      return new Verdict(Outcome.FASTER, gain);
    }
    return new Verdict(gain < 0 ? Outcome.SLOWER : Outcome.UNCLEAR, gain);
  }
}
