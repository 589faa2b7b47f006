package io.mpsparallel.processes;

import io.mpsparallel.event.Events;
import io.mpsparallel.work.Job;
import org.jspecify.annotations.Nullable;

/**
 * A forward in a worker's hand.
 *
 * @param errand its job
 * @param forward which one of the job
 * @param slot where it is
 * @param recorded what ends with it; null if nobody wants it
 */
record Flight(Errand errand, int forward, FrameSlot slot, Events.@Nullable Execution recorded) {
  /** It has run, or failed. */
  void ended(Object worker, boolean failed) {
    if (recorded != null) {
      Job job = errand.job();
      int requests = job.forwards() == 1 ? job.requestCount() : 1;
      recorded.end(worker, job.version(), requests, failed);
    }
  }
}
