package io.mpsparallel.testing;

/** A rule of Apple's queues was broken. */
public final class RuleViolation extends AssertionError {
  private static final long serialVersionUID = 1L;

  private final MpsRule rule;

  RuleViolation(MpsRule rule, String how) {
    super("rule " + rule + ": " + how + " [" + Thread.currentThread().getName() + "]");
    this.rule = rule;
  }

  /** {@return the rule} */
  public MpsRule rule() {
    return rule;
  }
}
