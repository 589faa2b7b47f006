package io.mpsparallel.cli;

import java.time.Duration;
import java.util.SplittableRandom;

/**
 * Random moments of which so many lie in a while: a Poisson process, given how often it happens. So
 * the rate is the one that was asked for in every run, however short. One thread.
 */
final class Arrivals {
  private final SplittableRandom random;
  private final double nanosPerGap;
  private double passed;

  /**
   * Moments to come.
   *
   * @param seed decides them
   * @param count how many there are
   * @param time they are in it
   */
  Arrivals(long seed, int count, Duration time) {
    SplittableRandom trial = new SplittableRandom(seed);
    double sum = 0;
    for (int i = 0; i <= count; i++) {
      sum += gap(trial);
    }
    random = new SplittableRandom(seed); // the same gaps again
    nanosPerGap = time.toNanos() / sum;
  }

  /** {@return the next moment, from the start} */
  long nextNanos() {
    passed += gap(random);
    return (long) (passed * nanosPerGap);
  }

  private static double gap(SplittableRandom random) {
    return -Math.log(1 - random.nextDouble());
  }
}
