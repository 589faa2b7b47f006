package io.mpsparallel.processes;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import io.mpsparallel.policy.EvenSpread;
import io.mpsparallel.settings.ProcessSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Which places for workers there are, and how many are wanted. Any thread. */
final class Places {
  private final IntSupplier devices;
  private final BiFunction<String, Integer, Member> maker;
  private volatile List<Member> all = List.of(); // written under the monitor
  private volatile int target; // written under the monitor
  private volatile boolean closed; // written under the monitor
  private int named; // guarded by this
  private long servedByRetired; // guarded by this

  /**
   * No places yet.
   *
   * @param devices how many devices there are
   * @param maker makes a place by its name and the number of its device
   */
  Places(IntSupplier devices, BiFunction<String, Integer, Member> maker) {
    this.devices = devices;
    this.maker = maker;
  }

  /** {@return every place that is not retired} */
  List<Member> all() {
    return all;
  }

  /** {@return how many workers are wanted} */
  int target() {
    return target;
  }

  /** Whether no worker is wanted any more. */
  boolean isClosed() {
    return closed;
  }

  /** {@return the place whose thread calls, or null if it is no thread of these} */
  @Nullable Member ofThisThread() {
    Thread me = Thread.currentThread();
    return all.stream().filter(member -> member.runner().isThread(me)).findFirst().orElse(null);
  }

  /** {@return how many forwards were answered} */
  synchronized long served() {
    return servedByRetired + all.stream().mapToLong(Member::served).sum();
  }

  /**
   * Changes how many workers are wanted, as many on each device within one; those of a device are
   * kept first that serve already.
   */
  synchronized void resize(int workers) {
    if (workers > ProcessSettings.MOST) {
      throw new InferenceException(
          ErrorCode.CONFIG_INVALID,
          "processes.workers: " + workers + " (expected: at most " + ProcessSettings.MOST + ")");
    }
    if (closed) {
      return;
    }
    target = workers;
    List<Member> now = new ArrayList<>(all);
    now.sort(Comparator.comparingInt(Places::rank));
    List<Member> kept = EvenSpread.kept(now, workers, Member::seat);
    now.forEach(member -> member.want(kept.contains(member)));
    add(workers - now.size());
  }

  private static int rank(Member member) {
    if (member.isDraining()) {
      return 2;
    }
    return member.isReady() ? 0 : 1;
  }

  private void add(int more) {
    List<Member> grown = new ArrayList<>(all);
    List<Integer> seats = IntStream.range(0, devices.getAsInt()).boxed().toList();
    for (int i = 0; i < more; i++) {
      named++;
      int seat = EvenSpread.next(seats, grown.stream().map(Member::seat).toList());
      Member fresh = maker.apply("worker-" + named, seat);
      grown.add(fresh);
      fresh.runner().start();
    }
    all = List.copyOf(grown);
  }

  /** Gives up a place that has no worker; false if one is wanted there again. */
  synchronized boolean retire(Member member) {
    if (member.isWanted()) {
      return false;
    }
    member.retire();
    servedByRetired += member.served();
    all = all.stream().filter(other -> other != member).toList();
    notifyAll();
    return true;
  }

  /** No worker is wanted any more; false if that was said before. */
  synchronized boolean close() {
    boolean first = !closed;
    closed = true;
    all.forEach(member -> member.want(false));
    return first;
  }

  /** Waits until all places are given up but that of the calling thread; false if that is long. */
  synchronized boolean awaitRetired(Duration timeout) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    while (all.stream().anyMatch(member -> !member.runner().isThread(Thread.currentThread()))) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return true;
  }

  /** Kills workers, for the end. */
  void kill(boolean readyToo) {
    all.stream()
        .filter(member -> readyToo || !member.isReady())
        .map(Member::incumbent)
        .filter(Objects::nonNull)
        .forEach(worker -> worker.kill(Life.Step.NOTHING));
  }
}
