package io.mpsparallel.processes;

import io.mpsparallel.backend.Device;
import io.mpsparallel.settings.ProcessSettings;
import org.jspecify.annotations.Nullable;

/**
 * A place for a worker: its present process, if it has one, and the life of that. It survives its
 * processes. Who has the lease writes what changes, and any thread reads it; the incumbent's link
 * is used by whoever has the lease.
 */
final class Member {
  private final String name;
  private final int seat;
  private final Members members;
  private final WorkerRunner runner;
  private final Life life;
  private final Pulse pulse = new Pulse();
  private volatile Lease lease = Lease.ABSENT;
  private volatile @Nullable Incumbent incumbent;
  private volatile boolean wanted = true;
  private volatile boolean draining;
  private volatile boolean ready;
  private volatile boolean retired;
  private @Nullable Departure departure; // guarded by this: not yet seen by the supervisor
  private long servedBefore; // guarded by this

  /** Who has the worker. */
  enum Lease {
    /** There is none. */
    ABSENT,
    /** Nobody: it has nothing to do. */
    IDLE,
    /** Its own thread, or a caller. */
    TAKEN
  }

  /**
   * That a worker is gone.
   *
   * @param loss what is known about it
   * @param wasReady whether it had started
   * @param excused whether something that it ran is to blame
   */
  record Departure(Loss loss, boolean wasReady, boolean excused) {}

  /**
   * A place without a worker.
   *
   * @param seat which of the devices its workers run on
   */
  Member(String name, int seat, Members members, ProcessSettings settings) {
    this.name = name;
    this.seat = seat;
    this.members = members;
    life = new Life(settings);
    runner = new WorkerRunner(members, this);
  }

  String name() {
    return name;
  }

  /** {@return which of the devices its workers run on} */
  int seat() {
    return seat;
  }

  /** {@return the device that its workers run on, once the strategy has started} */
  Device device() {
    return members.workload().devices().get(seat);
  }

  WorkerRunner runner() {
    return runner;
  }

  /** The supervisor's thread. */
  Life life() {
    return life;
  }

  /** The supervisor's thread. */
  Pulse pulse() {
    return pulse;
  }

  /** {@return the present process, which is there as long as somebody has the lease} */
  @Nullable Incumbent incumbent() {
    return incumbent;
  }

  boolean isTaken() {
    return lease == Lease.TAKEN;
  }

  void lease(Lease changed) {
    lease = changed;
  }

  /** Whether there is to be a worker here. */
  boolean isWanted() {
    return wanted;
  }

  void want(boolean changed) {
    wanted = changed;
  }

  /** Whether the worker is to end when it has nothing in its hand. */
  boolean isDraining() {
    return draining;
  }

  void drain() {
    draining = true;
  }

  /** Whether the worker serves requests. */
  boolean isReady() {
    return ready;
  }

  void ready() {
    ready = true;
  }

  /** Whether there will be no worker here any more. */
  boolean isRetired() {
    return retired;
  }

  void retire() {
    retired = true;
  }

  /** A worker has come, and is its thread's. */
  void arrived(Incumbent worker) {
    incumbent = worker;
    lease = Lease.TAKEN;
    draining = false;
    ready = false;
  }

  /** The worker is gone, or could not be started. */
  synchronized void departed(Loss loss, boolean excused) {
    servedBefore = served();
    departure = new Departure(loss, ready, excused);
    incumbent = null;
    lease = Lease.ABSENT;
    ready = false;
  }

  /** What the supervisor has not seen yet. */
  synchronized @Nullable Departure takeDeparture() {
    Departure seen = departure;
    departure = null;
    return seen;
  }

  /** {@return how many forwards were answered here} */
  synchronized long served() {
    Incumbent worker = incumbent;
    return servedBefore + (worker == null ? 0 : worker.servedCount());
  }

  @Override
  public String toString() {
    return name;
  }
}
