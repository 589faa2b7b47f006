package io.mpsparallel.processes;

import io.mpsparallel.work.LaneThread;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests that were cancelled or have expired while no worker serves that could find out;
 * else its thread sleeps. Callers' continuations run on it.
 */
final class Undertaker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Undertaker.class);
  private static final long LOOK_NANOS = 50_000_000;

  private final Workload workload;
  private final BooleanSupplier needed;
  private final BooleanSupplier wakeIdle;
  private final Thread thread = new LaneThread("mps-parallel-undertaker", this::run);
  private volatile boolean closed;

  /**
   * Begins to sleep.
   *
   * @param needed whether requests wait and no worker serves
   * @param wakeIdle has an idle worker look for work; false if none is idle
   */
  Undertaker(Workload workload, BooleanSupplier needed, BooleanSupplier wakeIdle) {
    this.workload = workload;
    this.needed = needed;
    this.wakeIdle = wakeIdle;
  }

  void start() {
    thread.start();
  }

  /** Requests may wait while no worker serves. */
  void wake() {
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!closed) {
      if (needed.getAsBoolean()) {
        bury();
        LockSupport.parkNanos(this, LOOK_NANOS);
      } else {
        LockSupport.park(this);
      }
    }
  }

  private void bury() {
    CallersCode.run(workload::buryDead);
    if (workload.hasWork() && wakeIdle.getAsBoolean()) {
      LOG.debug("a worker came meanwhile, and found nothing, for it was here");
    }
    if (Thread.interrupted()) {
      LOG.debug("interrupted by a continuation");
    }
  }

  @Override
  public void close() {
    closed = true;
    wake();
  }
}
