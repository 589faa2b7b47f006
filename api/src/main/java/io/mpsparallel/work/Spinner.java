package io.mpsparallel.work;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * Lets a thread look for what it waits for before it sleeps: waking a thread takes tens of
 * microseconds, and most of a small request's time. Any thread.
 *
 * <p>Looking costs a CPU, so a thread looks only while one is free: when fewer threads work and
 * look than there are CPUs. It looks for as long as that paid off lately. Each time that it was in
 * vain the time is halved, down to a microsecond; one success brings the full time back; and one
 * try in 64 has the full time anyway, since short looks would never see that answers became quick.
 */
public final class Spinner {
  private static final long LEAST_NANOS = 1_000;
  private static final int PROBE = 64;

  private final long mostNanos;
  private final int cpus;
  private final int most;
  private final IntSupplier working;
  private final AtomicInteger spinning = new AtomicInteger();

  // Hints: a lost update only makes one look longer or shorter.
  private volatile long budgetNanos;
  private volatile int tries;

  /**
   * A spinner for one kind of wait.
   *
   * @param longest the longest look; zero never looks
   * @param cpus the CPUs of this process; with one, nobody looks
   * @param most how many threads may look at once
   * @param working how many threads work at this moment
   */
  public Spinner(Duration longest, int cpus, int most, IntSupplier working) {
    this.mostNanos = cpus > 1 ? TimeUnit.NANOSECONDS.convert(longest) : 0;
    this.cpus = cpus;
    this.most = most;
    this.working = requireNonNull(working, "working");
    this.budgetNanos = mostNanos;
  }

  /** {@return how many threads look at this moment} */
  public int spinning() {
    return spinning.get();
  }

  /**
   * Looks for something, for a while.
   *
   * @param there whether it is there
   * @return whether it was there at the last look
   */
  public boolean await(BooleanSupplier there) {
    if (mostNanos > 0 && begin()) {
      try {
        if (look(there, nextBudget())) {
          return true;
        }
      } finally {
        spinning.decrementAndGet();
      }
    }
    return there.getAsBoolean(); // whoever added it saw us looking, and woke nobody
  }

  private boolean begin() {
    int now = spinning.incrementAndGet();
    if (now <= most && now + working.getAsInt() <= cpus) {
      return true;
    }
    spinning.decrementAndGet();
    return false;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // a hint
  private long nextBudget() {
    return ++tries % PROBE == 0 ? mostNanos : budgetNanos;
  }

  private boolean look(BooleanSupplier there, long nanos) {
    long end = System.nanoTime() + nanos;
    do {
      if (there.getAsBoolean()) {
        budgetNanos = mostNanos;
        return true;
      }
      Thread.onSpinWait();
    } while (System.nanoTime() - end < 0);
    budgetNanos = Math.max(Math.min(LEAST_NANOS, mostNanos), budgetNanos / 2);
    return false;
  }
}
