package io.mpsparallel.bench;

import io.mpsparallel.work.InferenceResult;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How soon the threads of lanes sleep after the last request, and what they cost while they do.
 * Made before the executor whose threads it looks at. One thread, which spins while it looks.
 */
final class LaneIdleness {
  private static final String LANE = "mps-parallel-lane-";
  private static final int TRIES = 20;
  private static final int REQUESTS = 8; // enough for every lane to be awake
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long BETWEEN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ThreadMXBean times = ManagementFactory.getThreadMXBean();
  private final Set<Thread> others = new HashSet<>(lanes());

  /** {@return an empty table for {@link #measure}} */
  static Table table() {
    return new Table(
        "thread",
        "sleeps after us (median)",
        "min...max",
        "max <= 100 us",
        "% of a core while idle",
        "< 1 %");
  }

  /** {@return whether a thread is that of a lane} */
  static boolean isLane(Thread thread) {
    return thread.getName().startsWith(LANE);
  }

  private static List<Thread> lanes() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(LaneIdleness::isLane)
        .sorted(Comparator.comparing(Thread::getName))
        .toList();
  }

  /** Adds a row for each thread of a lane that came since this was made. */
  void measure(Table table, String label, Job job) {
    burst(job);
    List<Thread> threads = new ArrayList<>(lanes());
    threads.removeAll(others);
    double[][] micros = new double[threads.size()][TRIES];
    for (int i = 0; i < TRIES; i++) {
      LockSupport.parkNanos(BETWEEN_NANOS);
      burst(job);
      awaitSleep(threads, micros, i);
    }
    double[] percent = idlePercent(threads);
    for (int i = 0; i < percent.length; i++) {
      Spread sleep = Spread.of(micros[i]);
      table.row(
          label + ": " + threads.get(i).getName(),
          Spread.number(sleep.median()),
          sleep.range(),
          Target.atMost(100).verdict(sleep.max()),
          Spread.number(percent[i]),
          Target.atMost(1).verdict(percent[i]));
    }
  }

  private static void burst(Job job) {
    List<CompletableFuture<InferenceResult>> answers = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      answers.add(job.submit(i));
    }
    answers.forEach(answer -> answer.join().close());
  }

  private static void awaitSleep(List<Thread> threads, double[][] micros, int round) {
    long start = System.nanoTime();
    int awake = threads.size();
    boolean[] asleep = new boolean[awake];
    for (long passed = 0; awake > 0 && passed < LONGEST_NANOS; ) {
      passed = System.nanoTime() - start;
      for (int i = 0; i < asleep.length; i++) {
        if (!asleep[i]) {
          micros[i][round] = passed / 1e3;
          asleep[i] = threads.get(i).getState() == Thread.State.WAITING;
          awake -= asleep[i] ? 1 : 0;
        }
      }
    }
  }

  private double[] idlePercent(List<Thread> threads) {
    double[] percent = new double[threads.size()];
    long start = System.nanoTime();
    for (int i = 0; i < percent.length; i++) {
      percent[i] = -times.getThreadCpuTime(threads.get(i).getId());
    }
    Pacer.Wait.parking(System::nanoTime).until(start + IDLE_NANOS);
    long passed = System.nanoTime() - start;
    for (int i = 0; i < percent.length; i++) {
      percent[i] += times.getThreadCpuTime(threads.get(i).getId());
      percent[i] *= 100.0 / passed;
    }
    return percent;
  }
}
