package io.mpsparallel.threads;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;

/**
 * For how long lanes' threads that wait for their device stay awake: as long as the CPUs allow, for
 * a sleep takes twice as long as it is meant to. Any thread.
 */
final class DeviceWaits {
  private static final long AWAKE_NANOS = 2_000_000; // while half of the CPUs are left
  private static final long BUSY_AWAKE_NANOS = 100_000; // while every lane can have a CPU
  private static final long CROWDED_AWAKE_NANOS = 20_000;

  private final int cpus;
  private final IntSupplier lanes;
  private final AtomicInteger awake = new AtomicInteger();

  /**
   * Nobody waits.
   *
   * @param cpus the CPUs of this process
   * @param lanes how many lanes there are at this moment
   */
  DeviceWaits(int cpus, IntSupplier lanes) {
    this.cpus = cpus;
    this.lanes = lanes;
  }

  /**
   * A thread begins to wait, until {@link #end}.
   *
   * @return for how long it may stay awake, in nanoseconds
   */
  long begin() {
    if (awake.incrementAndGet() <= cpus / 2) {
      return AWAKE_NANOS;
    }
    return lanes.getAsInt() <= cpus ? BUSY_AWAKE_NANOS : CROWDED_AWAKE_NANOS;
  }

  /** The end of that, or of its being awake. */
  void end() {
    awake.decrementAndGet();
  }
}
