package io.mpsparallel.policy;

/**
 * Why a {@link Decision} was taken. Names are stable codes: they never change meaning and are never
 * reused. {@code docs/adaptive.md} has a row for each.
 */
public enum Reason {
  /** Nothing was measured for this load yet: the table of thresholds says where to start. */
  STARTING_TABLE,

  /** Nothing was measured for this load yet, but a profile of an earlier measurement has it. */
  PROFILE,

  /** Nothing else is allowed. */
  ONLY_CHOICE,

  /** An alternative is to be tried, and prepared for that; until then all goes on as before. */
  PREPARING,

  /** An alternative is tried for a few windows. */
  TRIAL,

  /** The trial is over; the alternative was not faster by 10%, so the choice before it stays. */
  KEPT,

  /** The trial is over; the alternative was faster by at least 10%, and is the choice from now. */
  FASTER,

  /**
   * Back to what is better: the present choice was, for 3 windows, below 90% of what an alternative
   * is known to give, or a trial was clearly harmful and was cut short.
   */
  RETREAT,

  /** There are more or fewer callers than before, and another choice is known for so many. */
  LOAD_CHANGED,

  /** The present choice, or the one that is tried, fails and is left alone for a while. */
  FAILED;

  /** {@return the stable code: the name} */
  public String code() {
    return name();
  }
}
