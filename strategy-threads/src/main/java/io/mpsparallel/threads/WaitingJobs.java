package io.mpsparallel.threads;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.Job;
import io.mpsparallel.work.WorkSource;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The jobs that wait for a lane: first those that one lane left to the others, then those of the
 * source. Any thread.
 */
final class WaitingJobs {
  private final WorkSource source;
  private final Queue<Job> handedOn = new ConcurrentLinkedQueue<>();

  WaitingJobs(WorkSource source) {
    this.source = source;
  }

  /** As {@link WorkSource#restNanos}. */
  long restNanos() {
    return handedOn.isEmpty() ? source.restNanos() : 0;
  }

  /** {@return whether requests wait, for a lane or for others to join them} */
  boolean hasRequests() {
    return !handedOn.isEmpty() || source.size() > 0;
  }

  @Nullable Job next() {
    Job first = handedOn.poll();
    return first == null ? source.poll() : first;
  }

  void handOn(Job job) {
    handedOn.add(job);
  }

  /** Fails what was left to others. */
  void failHandedOn(InferenceException why) {
    for (Job job = handedOn.poll(); job != null; job = handedOn.poll()) {
      job.lose(why);
    }
  }
}
