package io.mpsparallel.bench;

import java.util.Random;

/** When requests arrive that nobody waits for. One thread. */
@FunctionalInterface
interface Schedule {
  /** {@return nanoseconds from one arrival to the next} */
  double gapNanos();

  /** {@return arrivals as even as a clock} */
  static Schedule fixed(double perSecond) {
    double gap = 1e9 / perSecond;
    return () -> gap;
  }

  /** {@return arrivals that know nothing of each other} */
  static Schedule poisson(double perSecond, long seed) {
    Random random = new Random(seed);
    return () -> -Math.log(1 - random.nextDouble()) * 1e9 / perSecond;
  }
}
