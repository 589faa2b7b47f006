package io.mpsparallel.threads;

import io.mpsparallel.error.InferenceException;
import io.mpsparallel.work.Job;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The jobs that a lane has in hand, so that none is forgotten if its thread dies. Written by
 * whoever is on the lane; {@link #fail} is for any thread.
 */
final class InHand {
  /** How many there can be. */
  static final int MOST = 64;

  private final AtomicReferenceArray<@Nullable Job> jobs = new AtomicReferenceArray<>(MOST);

  /** Remembers a job; {@return where} */
  int put(Job job) {
    int place = 0;
    while (jobs.getPlain(place) != null) {
      place++;
    }
    jobs.setRelease(place, job);
    return place;
  }

  /** Forgets the job of a place. */
  void remove(int place) {
    jobs.setRelease(place, null);
  }

  /** Fails all. */
  void fail(InferenceException why) {
    for (int place = 0; place < MOST; place++) {
      Job job = jobs.get(place);
      if (job != null) {
        job.lose(why);
      }
    }
  }

  /** Forgets all. */
  void clear() {
    for (int place = 0; place < MOST; place++) {
      jobs.set(place, null);
    }
  }
}
