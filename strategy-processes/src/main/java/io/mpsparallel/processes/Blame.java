package io.mpsparallel.processes;

/** How often workers died while they ran one thing. Whoever has the thing. */
final class Blame {
  private int crashes;
  private int kills;

  /** Notes that a worker died while it ran this, and judges. */
  Verdict died(Loss loss, int retries) {
    if (loss.fromOutside()) {
      kills++;
    } else {
      crashes++;
    }
    return Verdict.of(true, loss.fromOutside(), crashes, kills, retries);
  }
}
