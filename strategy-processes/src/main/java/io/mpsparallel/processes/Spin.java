package io.mpsparallel.processes;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Looks for as long as it is told, if a CPU is free for it and if looking paid off lately: each
 * success counts for one, each failure against one; at zero it tries only now and then. Of all
 * threads of the process, one fewer than there are CPUs may look at a time. One thread at a time.
 */
final class Spin implements Waiter.Look {
  private static final int CPUS = Runtime.getRuntime().availableProcessors();
  private static final AtomicInteger LOOKING = new AtomicInteger();

  private static final int BEST = 8;
  private static final int TRY_EVERY = 32;
  private static final int LOOKS_BETWEEN_CLOCKS = 16;

  private final long mostNanos;
  private int credit = BEST;
  private int skipped;

  /** Looks for at most so many nanoseconds; 0 never looks. */
  Spin(long mostNanos) {
    this.mostNanos = mostNanos;
  }

  @Override
  public boolean await(BooleanSupplier there) {
    if (mostNanos == 0 || !pays()) {
      return false;
    }
    boolean seen = LOOKING.incrementAndGet() < CPUS && look(there);
    LOOKING.decrementAndGet();
    credit = seen ? Math.min(BEST, credit + 1) : Math.max(0, credit - 1);
    return seen;
  }

  private boolean pays() {
    if (credit > 0 || ++skipped >= TRY_EVERY) {
      skipped = 0;
      return true;
    }
    return false;
  }

  private boolean look(BooleanSupplier there) {
    long end = System.nanoTime() + mostNanos;
    do {
      for (int i = 0; i < LOOKS_BETWEEN_CLOCKS; i++) {
        if (there.getAsBoolean()) {
          return true;
        }
        Thread.onSpinWait();
      }
    } while (System.nanoTime() - end < 0);
    return false;
  }
}
