package io.mpsparallel.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Looks at the memory of this process every second, on a thread of its own, until closed. */
final class MemoryWatch implements AutoCloseable {
  private static final int MIB = 1 << 20;
  private static final int SETTLED = 2; // seconds after which growth counts

  private final List<Sample> samples = new ArrayList<>(); // guarded by itself
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

  /**
   * Memory at one moment.
   *
   * @param residentMib of the process
   * @param heapMib of Java's heap, with what nobody uses any more
   */
  private record Sample(double residentMib, double heapMib) {
    static Sample now() {
      return new Sample(Machine.residentKib() / 1024.0, usedHeapMib());
    }
  }

  /** Begins now. */
  @SuppressWarnings("FutureReturnValueIgnored") // it throws nothing
  MemoryWatch() {
    clock.scheduleAtFixedRate(this::look, 0, 1, TimeUnit.SECONDS);
  }

  private void look() {
    synchronized (samples) {
      samples.add(Sample.now());
    }
  }

  /** {@return megabytes of the heap in use after a collection} */
  static double collectedHeapMib() {
    System.gc();
    return usedHeapMib();
  }

  private static double usedHeapMib() {
    Runtime runtime = Runtime.getRuntime();
    return (runtime.totalMemory() - runtime.freeMemory()) / (double) MIB;
  }

  /** {@return what was seen, second by second} */
  Table table() {
    Table table = new Table("second", "resident MiB", "heap MiB");
    synchronized (samples) {
      for (int i = 0; i < samples.size(); i++) {
        Sample sample = samples.get(i);
        table.row(i, Spread.number(sample.residentMib()), Spread.number(sample.heapMib()));
      }
    }
    return table;
  }

  /** {@return by how many megabytes the process grew from second 2 to the last} */
  double growthMib() {
    synchronized (samples) {
      Sample settled = samples.get(Math.min(SETTLED, samples.size() - 1));
      return samples.get(samples.size() - 1).residentMib() - settled.residentMib();
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
