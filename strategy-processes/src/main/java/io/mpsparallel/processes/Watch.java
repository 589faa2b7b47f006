package io.mpsparallel.processes;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A worker's second thread, a daemon: ten times a second a sign of life, and once a second a look
 * whether the parent is still the parent; if not, it halts the process, whatever native code does.
 */
final class Watch implements Runnable {
  /** The exit status of a worker whose parent is gone, which nobody sees. */
  static final int ORPHANED = 70;

  private static final long BEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int BEATS_BETWEEN_LOOKS = 10;

  private final Runnable beat;
  private final long parentPid;

  private Watch(Runnable beat, long parentPid) {
    this.beat = beat;
    this.parentPid = parentPid;
  }

  /**
   * Starts the thread, after a first look.
   *
   * @param beat the sign of life
   * @param parentPid who the parent was when it started this process
   */
  static void start(Runnable beat, long parentPid) {
    Watch watch = new Watch(beat, parentPid);
    watch.haltIfOrphaned();
    Thread thread = new Thread(watch, "mps-parallel-watch");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void run() {
    for (int beats = 1; true; beats++) {
      LockSupport.parkNanos(BEAT_NANOS);
      beat.run();
      if (beats % BEATS_BETWEEN_LOOKS == 0) {
        haltIfOrphaned();
      }
    }
  }

  private void haltIfOrphaned() {
    boolean hasParent =
        ProcessHandle.current().parent().filter(p -> p.pid() == parentPid).isPresent();
    if (!hasParent) {
      Runtime.getRuntime().halt(ORPHANED);
    }
  }
}
